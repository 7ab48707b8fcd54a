import { leastEventId } from '../event-ids.ts'
import type { EventStore, StoredEvent } from '../events.ts'
import { preciseDateTime, type Database, type EventsTable } from './database.ts'
import { isDuplicate } from './database-errors.ts'

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
    }
  }
}

function rowOf ({ id, at, type, outcome, reason, userId, account, network, userAgent, requestId }: StoredEvent): EventsTable {
  return { EventID: id, OccurredAt: preciseDateTime(at), Type: type, Outcome: outcome, Reason: reason, UserID: userId, Account: account, Network: network, UserAgent: userAgent, RequestID: requestId }
}
