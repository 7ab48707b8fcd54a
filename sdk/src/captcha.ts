/** The challenge of Code 428, in ALTCHA's format. Only the service can have made it: it is signed. */
export interface CaptchaChallenge {
  parameters: {
    /** What is to be derived, such as `PBKDF2/SHA-256`. */
    algorithm: string
    /** Rounds of each try. */
    cost: number
    /** Unix time in seconds. */
    expiresAt: number
    keyLength: number
    /** What the key that is looked for begins with, in hexadecimal. */
    keyPrefix: string
    keySignature: string
    nonce: string
    salt: string
  }
  signature: string
}

const isChallenge = (value: unknown): value is CaptchaChallenge => typeof value === 'object' && value !== null && 'parameters' in value && 'signature' in value

/** What an answer asks to be solved. It is not read from, so whoever gets it still can. */
export async function challengeOf (answer: Response): Promise<CaptchaChallenge | undefined> {
  if (answer.status !== 428) return undefined
  const envelope: unknown = await answer.clone().json().catch(() => undefined)
  return typeof envelope === 'object' && envelope !== null && 'Challenge' in envelope && isChallenge(envelope.Challenge) ? envelope.Challenge : undefined
}

export interface SolveOptions {
  /** Stops the work. */
  signal?: AbortSignal
  /** Told how many tries were made, some times a second. */
  onProgress?: (tries: number) => void
}

/** Tries under way at once. Browsers and Node derive keys on threads of their own, so the page stays responsive. */
const LANES = 4
/** Whoever takes longer has a challenge that is long over. */
const LONGEST_MS = 240_000
const PROGRESS_MS = 200

const bytesOf = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(hex.match(/../g) ?? [], byte => parseInt(byte, 16))
const hexOf = (bytes: Uint8Array): string => Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('')

/**
 * Solves the challenge of Code 428: tries one number after the other until the key derived with it begins as the challenge says.
 * About a second on a phone. It needs Web Crypto, so in a browser a page that came by HTTPS or from localhost.
 *
 * @returns what to repeat the request with, as its header `X-Captcha`
 * @throws what `signal` was aborted with; an Error for a challenge that is not one of these
 */
export async function solveCaptcha ({ parameters, signature }: CaptchaChallenge, { signal, onProgress }: SolveOptions = {}): Promise<string> {
  const hash = /^PBKDF2\/(SHA-(?:256|384|512))$/.exec(parameters.algorithm)?.[1]
  if (hash === undefined) throw new Error(`unknown algorithm of a captcha: ${parameters.algorithm}`)
  // Undefined where the page came neither by HTTPS nor from localhost.
  const { subtle } = globalThis.crypto
  if (subtle === undefined) throw new Error('a captcha needs Web Crypto: HTTPS or localhost')
  const [nonce, salt] = [bytesOf(parameters.nonce), bytesOf(parameters.salt)]
  const began = performance.now()
  let [next, told] = [0, began]
  let found: { counter: number, derivedKey: string } | undefined

  async function keyOf (counter: number): Promise<string> {
    const password = new Uint8Array(nonce.length + 4)
    password.set(nonce)
    new DataView(password.buffer).setUint32(nonce.length, counter)
    const key = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits'])
    return hexOf(new Uint8Array(await subtle.deriveBits({ name: 'PBKDF2', hash, salt, iterations: parameters.cost }, key, parameters.keyLength * 8)))
  }

  async function lane (): Promise<void> {
    while (found === undefined) {
      signal?.throwIfAborted()
      const now = performance.now()
      if (now - began > LONGEST_MS) throw new Error('a captcha took too long')
      if (now - told > PROGRESS_MS) {
        told = now
        onProgress?.(next)
      }
      const counter = next++
      const derivedKey = await keyOf(counter)
      if (derivedKey.startsWith(parameters.keyPrefix)) found = { counter, derivedKey }
    }
  }

  await Promise.all(Array.from({ length: LANES }, lane))
  return btoa(JSON.stringify({ challenge: { parameters, signature }, solution: { ...found, time: Math.round(performance.now() - began) } }))
}
