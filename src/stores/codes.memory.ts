import { fail } from '../catalogue.ts'
import type { CodeStore } from '../codes.ts'

interface Entry { hash: string, tries: number, taken: boolean, expires: number, waitUntil: number }

/** More codes than this at once are refused: memory is bounded, and no code is dropped to make room for another. */
const MOST_CODES = 100_000
const FULL_RETRY_SECONDS = 60

/**
 * Codes in the process, for embedded mode: between two awaits nothing else runs, so each method is one atomic step.
 *
 * @param now a clock in milliseconds that never goes back
 */
export function createMemoryCodeStore (now: () => number): CodeStore {
  const entries = new Map<string, Entry>()

  function live (subject: string): Entry | undefined {
    const entry = entries.get(subject)
    return entry !== undefined && entry.expires > now() ? entry : undefined
  }

  /** Entries lie in the order of their issue, and so, nearly, of their end. */
  function dropEnded (): void {
    for (const [subject, entry] of entries) {
      if (entry.expires > now() || entry.waitUntil > now()) break
      entries.delete(subject)
    }
  }

  const waitOf = (subject: string): number => Math.max(0, (entries.get(subject)?.waitUntil ?? 0) - now())

  return {
    async issue (subject, hash, { ttlMs, cooldownMs, tries }) {
      const wait = waitOf(subject)
      if (wait > 0) return wait
      dropEnded()
      if (entries.size >= MOST_CODES) throw fail('TooManyRequests', { RetryAfter: FULL_RETRY_SECONDS })
      entries.delete(subject)
      entries.set(subject, { hash, tries, taken: false, expires: now() + ttlMs, waitUntil: now() + cooldownMs })
      return 0
    },

    async waiting (subject) {
      return waitOf(subject)
    },

    async take (subject, hash) {
      const entry = live(subject)
      if (entry === undefined || entry.taken || entry.tries === 0) return 'gone'
      // Counted before comparing, so that no order of events gives a wrong guess its try back.
      entry.tries--
      if (entry.hash !== hash) return 'wrong'
      entry.tries++
      entry.taken = true
      return 'taken'
    },

    async release (subject, hash) {
      const entry = live(subject)
      if (entry?.hash === hash) entry.taken = false
    },

    async remove (subject, hash) {
      if (entries.get(subject)?.hash === hash) entries.delete(subject)
    }
  }
}
