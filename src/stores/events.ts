import { leastEventId } from '../event-ids.ts'
import type { EventStore, StoredEvent } from '../events.ts'
import { millisecondsOf, preciseDateTime, type Database, type EventsTable } from './database.ts'
import { isDuplicate } from './database-errors.ts'

const ERASED_AT_ONCE = 500

/** Events in the `Events` table. Every method may fail with Code 510. */
export function createEventStore (database: Database): EventStore {
  return {
    async insert (events) {
      try {
        await database.insertInto('Events').values(events.map(rowOf)).execute()
        return 'stored'
      } catch (error) {
        if (isDuplicate(error)) return 'duplicate'
        throw error
      }
    },

    async purge (before, limit) {
      const old = await database.selectFrom('Events').select('EventID').where('EventID', '<', leastEventId(before)).orderBy('EventID').limit(limit).execute()
      // Also where there is nothing to delete: a right that is missing shows at the first start, and not half a year later.
      await database.deleteFrom('Events').where('EventID', '<=', old.at(-1)?.EventID ?? '').execute()
      return old.length
    },

    async find ({ person, account, userId, type, outcome, network, since, until }, { before, limit }) {
      let some = database.selectFrom('Events').selectAll()
      if (person !== undefined) some = some.where(({ eb, and, or }) => or([eb('UserID', '=', person.userId), and([eb('Account', 'in', person.accounts), eb('UserID', 'is', null)])]))
      if (account !== undefined) some = some.where('Account', '=', account)
      if (userId !== undefined) some = some.where('UserID', '=', userId)
      if (type !== undefined) some = some.where('Type', '=', type)
      if (outcome !== undefined) some = some.where('Outcome', '=', outcome)
      if (network !== undefined) some = some.where('Network', '=', network)
      // By the key, which follows the time.
      if (since !== undefined) some = some.where('EventID', '>=', leastEventId(since))
      if (until !== undefined) some = some.where('EventID', '<', leastEventId(until))
      if (before !== undefined) some = some.where('EventID', '<', before)
      return (await some.orderBy('EventID', 'desc').limit(limit).execute()).map(eventOf)
    },

    async erase ({ accounts, userId, before }) {
      const all = database.selectFrom('Events').select('EventID').limit(ERASED_AT_ONCE)
      const some = before === undefined ? all : all.where('EventID', '<', before)
      // An address may have been another account's before: what is known to be of one that is there is that one's.
      if (accounts.length > 0) {
        await eraseAll(some.where('Account', 'in', accounts)
          .where(({ eb, or, not, exists, selectFrom }) => or([eb('Events.UserID', 'is', null), not(exists(selectFrom('Users').select('Users.UserID').whereRef('Users.UserID', '=', 'Events.UserID')))])))
      }
      if (userId !== undefined) await eraseAll(some.where('UserID', '=', userId))
    },

    async deletions (since) {
      const rows = await database.selectFrom('Events').select(['EventID', 'Account']).where('Type', '=', 'deletion').where('Outcome', '=', 'success').where('EventID', '>=', leastEventId(since)).execute()
      return rows.flatMap(({ EventID, Account }) => Account === null ? [] : { id: EventID, account: Account })
    }
  }

  async function eraseAll (some: { execute: () => Promise<Array<{ EventID: string }>> }): Promise<void> {
    for (;;) {
      const ids = (await some.execute()).map(({ EventID }) => EventID)
      if (ids.length > 0) await database.deleteFrom('Events').where('EventID', 'in', ids).execute()
      if (ids.length < ERASED_AT_ONCE) return
    }
  }
}

export function rowOf ({ id, at, type, outcome, reason, userId, account, network, userAgent, requestId }: StoredEvent): EventsTable {
  return { EventID: id, OccurredAt: preciseDateTime(at), Type: type, Outcome: outcome, Reason: reason, UserID: userId, Account: account, Network: network, UserAgent: userAgent, RequestID: requestId }
}

function eventOf ({ EventID, OccurredAt, Type, Outcome, Reason, UserID, Account, Network, UserAgent, RequestID }: EventsTable): StoredEvent {
  return { id: EventID, at: millisecondsOf(OccurredAt), type: Type, outcome: Outcome, reason: Reason, userId: UserID, account: Account, network: Network, userAgent: UserAgent, requestId: RequestID }
}
