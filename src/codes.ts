import { createHmac, hkdfSync, randomInt } from 'node:crypto'
import { settling } from './budget.ts'
import { fail } from './catalogue.ts'
import { limits as counted } from './limits.ts'
import type { Once } from './once.ts'
import type { Report } from './report.ts'

/** What a code allows: a code for one purpose is none for another. `email` moves an account to the address it was mailed to. */
export type Purpose = 'sign' | 'reset' | 'email'

/**
 * What a code is for. The one that moves an account is that account's, as the same address may have been asked for by another, and
 * ends with its version: what ended every other session must not leave a thief this way in.
 */
export type Use = Exclude<Purpose, 'email'> | { purpose: 'email', account: number, version: number }

/** Every purpose there is. */
const PURPOSES: Purpose[] = ['sign', 'reset', 'email']

export function purposeOf (use: Use): Purpose {
  return typeof use === 'string' ? use : use.purpose
}

/** Wrong guesses after which a code is void. */
const TRIES = 5

const [MAILBOX] = counted.mailbox

/** What a subject may be sent within a time, on request of one asker or of all that share a budget. The name is opaque. */
export interface Budget { name: string, points: number, seconds: number }

/** Why a code cannot be had now, and the milliseconds until it can; `none` and 0 where it can. */
export interface Wait { why: 'none' | 'cooldown' | 'budget', ms: number }

/**
 * Where codes are kept. A subject is a purpose bound to an address; it and the hash are opaque to the store. Each method is
 * one atomic step, whatever else happens to the same subject at the time. Every method may fail with Code 512.
 */
export interface CodeStore {
  /** Keeps a new code in place of any older one and charges the budget, unless the subject still waits or the budget is used up. */
  issue: (subject: string, hash: string, limits: { ttlMs: number, cooldownMs: number, tries: number }, budget: Budget) => Promise<Wait>
  /** Whether another code could be issued now. */
  waiting: (subject: string, budget: Budget) => Promise<Wait>
  /** Counts a try, then compares. A right code is taken: nobody else can take it until it is released; its try is given back. */
  take: (subject: string, hash: string) => Promise<'taken' | 'wrong' | 'gone'>
  /** Makes a taken code usable again. */
  release: (subject: string, hash: string) => Promise<void>
  /** Removes the code, and the wait for the next one, if it still is this one; a budget that is named is given back its charge. */
  remove: (subject: string, hash: string, budget?: Budget) => Promise<void>
  /** Removes whatever code there is. */
  revoke: (subject: string) => Promise<void>
  /** Removes all there is of the subject: code, wait and the charges of every asker. */
  erase: (subject: string) => Promise<void>
}

/**
 * `asker`, where it is given, is a network that is familiar to the account: it has a budget of its own. Waits, budgets and tries are
 * the address's, whoever asks: several accounts send it no more than one.
 */
export interface Codes {
  /** @throws Code 429 while the address waits for the next code, or has had its share of the day */
  refuseWaiting: (use: Use, email: string, asker?: string) => Promise<void>
  /** A new code for the address; any older one is void. @throws Code 429 as above */
  issue: (use: Use, email: string, asker?: string) => Promise<string>
  /** Withdraws a code that could not be delivered; the next may be asked for at once. */
  withdraw: (use: Use, email: string, code: string, asker?: string) => Promise<void>
  /**
   * Runs the change that the code allows. The code is spent by the change alone: when that fails, it can be used again. In
   * between nobody else can use it, and should the process die, nobody ever can.
   *
   * @throws Code 520 for a wrong code, 521 for one that expired, is spent, void or was never issued; else as `change` does
   */
  spend: <T>(use: Use, email: string, code: string, change: () => Promise<T>) => Promise<T>
  /** Voids every code of the address, whatever its purpose. */
  revokeAll: (email: string) => Promise<void>
  /** Forgets the address, whatever the purpose: its codes, and what it was sent. */
  erase: (email: string) => Promise<void>
}

/**
 * @param options.secret the service's key, from which the key of the code hashes is derived
 * @param options.ttlSeconds how long a code lives
 * @param options.cooldownSeconds how long an address waits for the next code
 * @param once whether the audit trail is still to be told
 */
export function createCodes (store: CodeStore, options: { secret: string, ttlSeconds: number, cooldownSeconds: number }, report: Report, once: Once): Codes {
  const key = Buffer.from(hkdfSync('sha256', options.secret, '', 'dream-auth verification codes', 32))
  const hmac = (...parts: string[]): string => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
  const limits = { ttlMs: options.ttlSeconds * 1000, cooldownMs: options.cooldownSeconds * 1000, tries: TRIES }
  const subjectOf = (purpose: Purpose, email: string): string => `${purpose}:${hmac('subject', email)}`
  // One code in a million is guessed by chance: bound to purpose, address and account, a stolen hash is good for none of the others.
  const hashOf = (use: Use, email: string, code: string): string =>
    hmac('code', purposeOf(use), email, code, ...(typeof use === 'string' ? [] : [String(use.account), String(use.version)]))

  const budgetOf = (asker: string | undefined): Budget => ({ ...MAILBOX, name: asker === undefined ? 'strangers' : hmac('asker', asker) })

  const refuse = (subject: string, { why, ms }: Wait): void => {
    if (why === 'none') return
    const told = why === 'budget' && once(subject, ms)
    throw fail('TooManyRequests', { RetryAfter: Math.max(1, Math.ceil(ms / 1000)), limit: why === 'budget' ? MAILBOX.name : why, ...(told && { audit: MAILBOX.name }) })
  }

  return {
    async refuseWaiting (use, email, asker) {
      const subject = subjectOf(purposeOf(use), email)
      refuse(subject, await store.waiting(subject, budgetOf(asker)))
    },

    async issue (use, email, asker) {
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      const subject = subjectOf(purposeOf(use), email)
      refuse(subject, await store.issue(subject, hashOf(use, email, code), limits, budgetOf(asker)))
      return code
    },

    async withdraw (use, email, code, asker) {
      await store.remove(subjectOf(purposeOf(use), email), hashOf(use, email, code), budgetOf(asker))
    },

    async revokeAll (email) {
      await Promise.all(PURPOSES.map(purpose => store.revoke(subjectOf(purpose, email))))
    },

    async erase (email) {
      await Promise.all(PURPOSES.map(purpose => store.erase(subjectOf(purpose, email))))
    },

    async spend (use, email, code, change) {
      const subject = subjectOf(purposeOf(use), email)
      const hash = hashOf(use, email, code)
      const outcome = await store.take(subject, hash)
      if (outcome !== 'taken') throw fail(outcome === 'wrong' ? 'CodeWrong' : 'CodeExpired')
      let result
      try {
        result = await change()
      } catch (error) {
        await settling(() => store.release(subject, hash).catch(failure => { report(failure, 'a code could not be released and stays void') }))
        throw error
      }
      // The change is made and the taken code is void already; what is left here is to clear it away.
      await settling(() => store.remove(subject, hash).catch(failure => { report(failure, 'a spent code could not be removed before it expires') }))
      return result
    }
  }
}
