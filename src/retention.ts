import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, EventStore } from './events.ts'
import type { OwnAccountStore } from './own-account.ts'
import type { SessionStore } from './sessions.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Rows that are deleted by one statement, and the rest for others after it. */
export const PURGE_BATCH = 500
const REST_MS = 20

export interface Rounds {
  /** Ends them. */
  signal: AbortSignal
  /** Milliseconds from one round to the next, up to a sixth more, so that processes started together part ways. */
  everyMs?: number
}

export interface Retention extends Rounds {
  /** Days that an event is kept. */
  days: number
  /** Wall clock in milliseconds. */
  now: () => number
}

/** Does something at once and then every hour. Several processes may do so at the same time. */
export async function hourly (round: () => Promise<void>, whatFailed: string, { signal, everyMs = HOUR_MS }: Rounds, log: EventLog): Promise<void> {
  for (let lastReason = ''; !signal.aborted;) {
    try {
      await round()
      lastReason = ''
    } catch (error) {
      // Once for each new reason. A database that closes meanwhile is none.
      const reason = String(error instanceof Error && error.cause !== undefined ? error.cause : error)
      if (!signal.aborted) log[reason === lastReason ? 'debug' : 'warn']({ err: error }, `${whatFailed}: trying again every hour`)
      lastReason = reason
    }
    await rest(everyMs * (1 + Math.random() / 6), signal)
  }
}

/** Deletes by batches, until one is not full. */
async function purgeAll (purge: (limit: number) => Promise<number>, signal: AbortSignal): Promise<void> {
  while (await purge(PURGE_BATCH) === PURGE_BATCH && !signal.aborted) await rest(REST_MS, signal)
}

/** Deletes events that are too old. */
export async function expireEvents (store: Pick<EventStore, 'purge'>, { days, now, ...rounds }: Retention, log: EventLog): Promise<void> {
  await hourly(() => purgeAll(limit => store.purge(now() - days * DAY_MS, limit), rounds.signal), 'events older than EVENTS_RETENTION_DAYS could not be deleted, which takes the right to DELETE', rounds, log)
}

interface Ending {
  sessions: Pick<SessionStore, 'purge'>
  formerEmails: Pick<OwnAccountStore, 'purgeFormerEmails'>
  events: Pick<EventStore, 'deletions' | 'erase'>
}

/** Deletes sessions and reservations that are over, and what processes have told of accounts that were deleted meanwhile. */
export async function expireAccountTraces ({ sessions, formerEmails, events }: Ending, { now, ...rounds }: Omit<Retention, 'days'>, log: EventLog): Promise<void> {
  async function round (): Promise<void> {
    await purgeAll(limit => sessions.purge(now() - DAY_MS, limit), rounds.signal)
    await formerEmails.purgeFormerEmails(now())
    for (const { id, account } of await events.deletions(now() - 2 * DAY_MS)) await events.erase({ accounts: [account], before: id })
  }
  await hourly(round, 'sessions that are over could not be deleted, which takes the right to DELETE', rounds, log)
}

async function rest (ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
}
