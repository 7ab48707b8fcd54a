import type { SpentStore } from '../captcha.ts'

/** More than this at once, and the oldest is forgotten: memory is bounded. Each has cost somebody the work. */
const MOST_SPENT = 100_000

/**
 * Which solutions were used, in the process, for embedded mode.
 *
 * @param now a clock in milliseconds that never goes back
 */
export function createMemorySpentStore (now: () => number): SpentStore {
  /** When each may be forgotten, the nearest first. */
  const spent = new Map<string, number>()
  return {
    async spend (nonce, seconds) {
      for (const [oldest, ends] of spent) {
        if (ends > now() && spent.size < MOST_SPENT) break
        spent.delete(oldest)
      }
      if (spent.has(nonce)) return false
      spent.set(nonce, now() + seconds * 1000)
      return true
    }
  }
}
