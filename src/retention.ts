import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLog, EventStore } from './events.ts'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
/** Events that are deleted by one statement, and the rest for others after it. */
export const PURGE_BATCH = 500
const REST_MS = 20

export interface Retention {
  /** Days that an event is kept. */
  days: number
  /** Wall clock in milliseconds. */
  now: () => number
  /** Ends it. */
  signal: AbortSignal
  /** Milliseconds from one round to the next, up to a sixth more, so that processes started together part ways. */
  everyMs?: number
}

/** Deletes events that are too old, at once and then every hour. Several processes may do so at the same time. */
export async function expireEvents (store: Pick<EventStore, 'purge'>, { days, now, signal, everyMs = HOUR_MS }: Retention, log: EventLog): Promise<void> {
  const rest = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal, ref: false }).catch(() => {})
  for (let lastReason = ''; !signal.aborted;) {
    try {
      while (await store.purge(now() - days * DAY_MS, PURGE_BATCH) === PURGE_BATCH && !signal.aborted) await rest(REST_MS)
      lastReason = ''
    } catch (error) {
      // Once for each new reason. A database that closes meanwhile is none.
      const reason = String(error instanceof Error && error.cause !== undefined ? error.cause : error)
      if (!signal.aborted) log[reason === lastReason ? 'debug' : 'warn']({ err: error }, 'events older than EVENTS_RETENTION_DAYS could not be deleted, which takes the right to DELETE: trying again every hour')
      lastReason = reason
    }
    await rest(everyMs * (1 + Math.random() / 6))
  }
}
