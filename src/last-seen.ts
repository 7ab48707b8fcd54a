import type { Remembered } from './remembered.ts'
import type { Report } from './report.ts'
import type { SessionStore } from './sessions.ts'

/** Sessions that are written by one statement. */
const BATCH = 500

/**
 * Writes down which sessions were used since it was last called, to the minute, and forgets those of them that are over or have another role: so that
 * even a revocation that nobody was told of, as the process that made it was cut off and died, holds everywhere within a minute.
 *
 * @param now wall clock in milliseconds
 */
export function createLastSeen (store: Pick<SessionStore, 'seen' | 'live'>, remembered: Pick<Remembered, 'takeSeen' | 'confirm'>, report: Report, now: () => number): () => Promise<void> {
  async function write (ids: string[]): Promise<void> {
    await store.seen(ids, now())
    remembered.confirm(ids, await store.live(ids, now()))
  }

  let left: string[] = []

  return async () => {
    left = [...new Set([...left, ...remembered.takeSeen()])]
    try {
      while (left.length > 0) {
        await write(left.slice(0, BATCH))
        left = left.slice(BATCH)
      }
    } catch (error) {
      report(error, 'when sessions were last used could not be written down: trying again in a minute')
    }
  }
}
