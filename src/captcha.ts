import { hkdfSync, randomInt } from 'node:crypto'
import { createChallenge, verifySolution, type Challenge, type Payload } from 'altcha-lib'
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2'
import { fail } from './catalogue.ts'

/** Remembers which solutions were used. May fail with Code 512. */
export interface SpentStore {
  /** One atomic step: of many at once with the same nonce, one is the first. */
  spend: (nonce: string, seconds: number) => Promise<boolean>
}

/** What became of requests that had to show work. */
export interface CaptchaUse { asked: number, passed: number, refused: number }

export interface Captcha {
  /**
   * Takes the solution of a challenge, once.
   *
   * @param solution as the client sent it, ALTCHA's payload; `undefined` for none
   * @param audit why, for the audit trail, where that is to be told
   * @throws Code 428 with a new challenge where there is none, or it is wrong, late or used; Code 512
   */
  prove: (solution: string | undefined, audit: string | undefined) => Promise<void>
  readonly use: CaptchaUse
}

const ALGORITHM = 'PBKDF2/SHA-256'
/** Rounds of one try. A browser needs some 0.02 ms for what is around them, so with fewer whoever has no browser would have it easier. */
const COST = 1_000
const LIFETIME_SECONDS = 300
/** How long a used one is remembered: by an hour longer than it lives, for a clock that is set back. */
const SPENT_SECONDS = LIFETIME_SECONDS + 3_600
/** A solution has some 700. */
const MOST_CHARACTERS = 2_048

/**
 * Proof of work in the format of ALTCHA (https://altcha.org), as its widget solves it. Nothing is kept of a challenge until it is
 * solved: it is signed.
 *
 * @param secret key of the signatures
 * @param difficulty rounds of PBKDF2-HMAC-SHA-256 that a solution takes on average
 * @param now wall clock in milliseconds
 */
export function createCaptcha (store: SpentStore, secret: Buffer, difficulty: number, now: () => number): Captcha {
  const derived = (purpose: string): string => Buffer.from(hkdfSync('sha256', secret, '', `dream-auth captcha ${purpose}`, 32)).toString('hex')
  const secrets = { hmacSignatureSecret: derived('challenge'), hmacKeySignatureSecret: derived('solution') }
  const numbers = Math.max(1, Math.round(2 * difficulty / COST))
  const use = { asked: 0, passed: 0, refused: 0 }

  /** The number that is looked for is drawn, so that none takes longer than twice the average. */
  const challenge = (): Promise<Challenge> =>
    createChallenge({ algorithm: ALGORITHM, cost: COST, counter: randomInt(numbers), deriveKey, expiresAt: Math.floor(now() / 1000) + LIFETIME_SECONDS, ...secrets })

  /** Two HMACs: what was found is not derived again, as the challenge has a keyed hash of it. */
  async function isGood ({ challenge, solution }: Payload): Promise<boolean> {
    const { verified } = await verifySolution({ challenge, solution, deriveKey, ...secrets })
    const { nonce, expiresAt = 0 } = challenge.parameters
    return verified && expiresAt * 1000 > now() && await store.spend(nonce, SPENT_SECONDS)
  }

  return {
    use,
    async prove (solution, audit) {
      const payload = solution === undefined ? undefined : readPayload(solution)
      if (payload !== undefined && await isGood(payload)) {
        use.passed++
        return
      }
      use[solution === undefined ? 'asked' : 'refused']++
      throw fail('CaptchaRequired', { Challenge: await challenge(), ...(audit !== undefined && { audit }) })
    }
  }
}

function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whether it may be one of our challenges: flat, as a signature over what is nested would take as long as the client pleases. */
function isChallenge (value: unknown): value is Challenge {
  if (!isRecord(value) || !isRecord(value.parameters) || typeof value.signature !== 'string') return false
  const { nonce, expiresAt, keySignature } = value.parameters
  return typeof nonce === 'string' && typeof expiresAt === 'number' && typeof keySignature === 'string' &&
    Object.values(value.parameters).every(each => typeof each === 'string' || typeof each === 'number')
}

function isSolution (value: unknown): value is Payload['solution'] {
  return isRecord(value) && typeof value.counter === 'number' && typeof value.derivedKey === 'string'
}

/** What a client sent, where it can be read. */
function readPayload (text: string): Payload | undefined {
  if (text.length > MOST_CHARACTERS) return undefined
  try {
    const found: unknown = JSON.parse(Buffer.from(text, 'base64').toString())
    return isRecord(found) && isChallenge(found.challenge) && isSolution(found.solution) ? { challenge: found.challenge, solution: found.solution } : undefined
  } catch {
    return undefined
  }
}
