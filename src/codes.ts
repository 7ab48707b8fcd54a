import { createHmac, hkdfSync, randomInt } from 'node:crypto'
import { fail } from './catalogue.ts'
import type { Report } from './report.ts'

/** What a code allows. A code for one purpose is none for another. */
export type Purpose = 'sign' | 'reset'

/** Wrong guesses after which a code is void. */
const TRIES = 5

/**
 * Where codes are kept. A subject is a purpose bound to an address; it and the hash are opaque to the store. Each method is
 * one atomic step, whatever else happens to the same subject at the time. Every method may fail with Code 512.
 */
export interface CodeStore {
  /** Keeps a new code in place of any older one, unless the subject still waits. Returns the milliseconds it has to wait, 0 when the code was kept. */
  issue: (subject: string, hash: string, limits: { ttlMs: number, cooldownMs: number, tries: number }) => Promise<number>
  /** Milliseconds until another code may be issued, 0 for at once. */
  waiting: (subject: string) => Promise<number>
  /** Counts a try, then compares. A right code is taken: nobody else can take it until it is released; its try is given back. */
  take: (subject: string, hash: string) => Promise<'taken' | 'wrong' | 'gone'>
  /** Makes a taken code usable again. */
  release: (subject: string, hash: string) => Promise<void>
  /** Removes the code, and the wait for the next one, if it still is this one. */
  remove: (subject: string, hash: string) => Promise<void>
}

export interface Codes {
  /** @throws Code 429 while the address waits for the next code */
  refuseWaiting: (purpose: Purpose, email: string) => Promise<void>
  /** A new code for the address; any older one is void. @throws Code 429 while the address waits */
  issue: (purpose: Purpose, email: string) => Promise<string>
  /** Withdraws a code that could not be delivered; the next may be asked for at once. */
  withdraw: (purpose: Purpose, email: string, code: string) => Promise<void>
  /**
   * Runs the change that the code allows. The code is spent by the change alone: when that fails, it can be used again. In
   * between nobody else can use it, and should the process die, nobody ever can.
   *
   * @throws Code 520 for a wrong code, 521 for one that expired, is spent, void or was never issued; else as `change` does
   */
  spend: <T>(purpose: Purpose, email: string, code: string, change: () => Promise<T>) => Promise<T>
}

/**
 * @param options.secret the service's key, from which the key of the code hashes is derived
 * @param options.ttlSeconds how long a code lives
 * @param options.cooldownSeconds how long an address waits for the next code
 */
export function createCodes (store: CodeStore, options: { secret: string, ttlSeconds: number, cooldownSeconds: number }, report: Report): Codes {
  const key = Buffer.from(hkdfSync('sha256', options.secret, '', 'dream-auth verification codes', 32))
  const hmac = (...parts: string[]): string => createHmac('sha256', key).update(JSON.stringify(parts)).digest('base64url')
  const limits = { ttlMs: options.ttlSeconds * 1000, cooldownMs: options.cooldownSeconds * 1000, tries: TRIES }
  const subjectOf = (purpose: Purpose, email: string): string => `${purpose}:${hmac('subject', email)}`
  // One code in a million is guessed by chance: bound to purpose and address, a stolen hash is good for neither of the others.
  const hashOf = (purpose: Purpose, email: string, code: string): string => hmac('code', purpose, email, code)

  const refuse = (milliseconds: number): void => {
    if (milliseconds > 0) throw fail('TooManyRequests', { RetryAfter: Math.ceil(milliseconds / 1000) })
  }

  return {
    async refuseWaiting (purpose, email) {
      refuse(await store.waiting(subjectOf(purpose, email)))
    },

    async issue (purpose, email) {
      const code = String(randomInt(1_000_000)).padStart(6, '0')
      refuse(await store.issue(subjectOf(purpose, email), hashOf(purpose, email, code), limits))
      return code
    },

    async withdraw (purpose, email, code) {
      await store.remove(subjectOf(purpose, email), hashOf(purpose, email, code))
    },

    async spend (purpose, email, code, change) {
      const subject = subjectOf(purpose, email)
      const hash = hashOf(purpose, email, code)
      const outcome = await store.take(subject, hash)
      if (outcome !== 'taken') throw fail(outcome === 'wrong' ? 'CodeWrong' : 'CodeExpired')
      let result
      try {
        result = await change()
      } catch (error) {
        await store.release(subject, hash).catch(failure => { report(failure, 'a code could not be released and stays void') })
        throw error
      }
      // The change is made and the taken code is void already; what is left here is to clear it away.
      await store.remove(subject, hash).catch(failure => { report(failure, 'a spent code could not be removed before it expires') })
      return result
    }
  }
}
