import { fail } from '../catalogue.ts'
import type { Budget, CodeStore, Wait } from '../codes.ts'

interface Charge { subject: string, count: number, expires: number }
interface Entry { hash: string, tries: number, taken: boolean, expires: number, waitUntil: number }

/** More codes than this at once are refused: memory is bounded, and no code is dropped to make room for another. */
const MOST_CODES = 100_000
/** Budgets live for a day. */
const MOST_CHARGES = 200_000
const FULL_RETRY_SECONDS = 60

/**
 * Codes in the process, for embedded mode: between two awaits nothing else runs, so each method is one atomic step.
 *
 * @param now a clock in milliseconds that never goes back
 */
export function createMemoryCodeStore (now: () => number): CodeStore {
  const entries = new Map<string, Entry>()
  const charges = new Map<string, Charge>()
  /** The keys of the charges of each subject. */
  const keysOf = new Map<string, Set<string>>()

  function live (subject: string): Entry | undefined {
    const entry = entries.get(subject)
    return entry !== undefined && entry.expires > now() ? entry : undefined
  }

  /** Both lie in the order in which they were made, and so, nearly, of their end. */
  function dropEnded (): void {
    for (const [subject, entry] of entries) {
      if (entry.expires > now() || entry.waitUntil > now()) break
      entries.delete(subject)
    }
    for (const [key, charge] of charges) {
      if (charge.expires > now()) break
      discharge(key, charge)
    }
  }

  const keyOf = (subject: string, { name }: Budget): string => `${subject}:${name}`

  function charged (subject: string, budget: Budget): Charge | undefined {
    const charge = charges.get(keyOf(subject, budget))
    return charge !== undefined && charge.expires > now() ? charge : undefined
  }

  function charge (subject: string, budget: Budget): void {
    const key = keyOf(subject, budget)
    const held = charged(subject, budget)
    if (held === undefined) charges.delete(key)
    charges.set(key, { subject, count: (held?.count ?? 0) + 1, expires: held?.expires ?? now() + budget.seconds * 1000 })
    keysOf.set(subject, (keysOf.get(subject) ?? new Set()).add(key))
  }

  function discharge (key: string, { subject }: Charge): void {
    charges.delete(key)
    const keys = keysOf.get(subject)
    keys?.delete(key)
    if (keys?.size === 0) keysOf.delete(subject)
  }

  function waitOf (subject: string, budget: Budget): Wait {
    const cooldown = (entries.get(subject)?.waitUntil ?? 0) - now()
    const charge = charged(subject, budget)
    if (charge !== undefined && charge.count >= budget.points) return { why: 'budget', ms: Math.max(cooldown, charge.expires - now()) }
    return cooldown > 0 ? { why: 'cooldown', ms: cooldown } : { why: 'none', ms: 0 }
  }

  return {
    async issue (subject, hash, { ttlMs, cooldownMs, tries }, budget) {
      const wait = waitOf(subject, budget)
      if (wait.why !== 'none') return wait
      dropEnded()
      if (entries.size >= MOST_CODES || charges.size >= MOST_CHARGES) throw fail('TooManyRequests', { RetryAfter: FULL_RETRY_SECONDS, limit: 'codes-full' })
      charge(subject, budget)
      entries.delete(subject)
      entries.set(subject, { hash, tries, taken: false, expires: now() + ttlMs, waitUntil: now() + cooldownMs })
      return wait
    },

    async waiting (subject, budget) {
      return waitOf(subject, budget)
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

    async remove (subject, hash, budget) {
      if (entries.get(subject)?.hash !== hash) return
      entries.delete(subject)
      const charge = budget && charged(subject, budget)
      if (budget === undefined || charge === undefined) return
      if (charge.count > 1) charge.count--
      else discharge(keyOf(subject, budget), charge)
    },

    async revoke (subject) {
      const entry = entries.get(subject)
      // The wait for the next one stays.
      if (entry !== undefined) entry.expires = now()
    },

    async erase (subject) {
      entries.delete(subject)
      for (const key of keysOf.get(subject) ?? []) charges.delete(key)
      keysOf.delete(subject)
    }
  }
}
