import { setTimeout as sleep } from 'node:timers/promises'
import type { Account } from './accounts.ts'
import { Budget, settling, within } from './budget.ts'
import { fail } from './catalogue.ts'
import type { Codes } from './codes.ts'
import type { Events, EventStore, Origin } from './events.ts'
import type { StoredNotice } from './notices.ts'
import type { OwnAccountStore } from './own-account.ts'
import type { Report } from './report.ts'
import { accountSubject, type Revocations } from './revocations.ts'
import type { Throttle } from './throttle.ts'

/**
 * Erases an account and all that is kept about its owner: row, sessions, former addresses, codes, counters and events. What is
 * left is one event, under the keyed hash of the address, that says so. Name and address are free again.
 *
 * @param options.origin where the request came from, unless it was from the owner, of whom nothing may be left
 * @param options.notice what tells of it, for whoever sends it afterwards
 * @throws Codes 403 for the last super administrator, 503 where the account is gone, 510, 512. The account stays then; codes and counters of it may be gone.
 */
export type Erase = (account: Pick<Account, 'id' | 'email'>, reason: 'owner' | 'administrator' | 'shell', options?: { origin?: Origin | undefined, notice?: StoredNotice }) => Promise<void>

/** How long an erasure may wait for the database and the cache service, all its waits together. */
const ERASURE_MS = 5_000
/** How long an answer waits for events to be erased. */
const PATIENCE_MS = 3_000
/** When what other requests and processes had under way is in the audit trail. */
const LATE_MS = 5_000

interface Parts {
  store: Pick<OwnAccountStore, 'remove' | 'formerEmails'>
  events: Events
  eventStore: Pick<EventStore, 'erase'>
  codes: Pick<Codes, 'erase'>
  throttle: Pick<Throttle, 'erase'>
  revocations: Revocations
  report: Report
}

/** @param now wall clock in milliseconds */
export function createErase ({ store, events, eventStore, codes, throttle, revocations, report }: Parts, now: () => number): Erase {
  const failed = (error: unknown): void => { report(error, 'traces of a deleted account could not be erased yet: those in the audit trail will be within the hour') }

  // More steps, one after the other, than a request has time for where each takes long.
  return ({ id, email }, reason, { origin, notice } = {}) => within(new Budget(ERASURE_MS), async () => {
    const emails = [email, ...await store.formerEmails(id, now())]
    const hashes = emails.map(events.accountHash)
    const forget = async (): Promise<void> => { await Promise.all(emails.flatMap(each => [codes.erase(each), throttle.erase(each)])) }

    // Before the row: without the cache service nothing is deleted, and the owner may try again.
    await forget()
    const event = events.compose({ type: 'deletion', outcome: 'success', reason, email, origin })
    const outcome = await revocations.around([accountSubject(id)], () => store.remove(id, event, notice))
    if (outcome === 'last super administrator') throw fail('Forbidden')
    if (outcome === 'gone') throw fail('UserNotFound')
    // And once more, for what came in between. The account is gone whatever becomes of this, and of events without end: retention tries again.
    await settling(async () => {
      try {
        await Promise.all([forget(), events.flush()])
        const erasing = eventStore.erase({ accounts: hashes, userId: id, before: event.id })
        await Promise.race([erasing, sleep(PATIENCE_MS, undefined, { ref: false })])
        erasing.catch(failed)
      } catch (error) {
        failed(error)
      }
    })
    // Numbers are not given twice: what is told of this one later is of requests that were answered meanwhile.
    setTimeout(() => { eventStore.erase({ accounts: [], userId: id }).catch(failed) }, LATE_MS).unref()
  })
}
