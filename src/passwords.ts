import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import smCrypto from 'sm-crypto'
import { fail } from './catalogue.ts'
import type { Queue } from './queue.ts'

const derive = promisify(pbkdf2)

const DIGEST = /^[0-9a-f]{64}$/i
/** Whether a password is an SM3 digest already. */
export const isDigest = (sent: string): boolean => DIGEST.test(sent)

const SALT_BYTES = 16
const KEY_BYTES = 32
/** A stored hash that asks for more than this is taken for damaged: a tampered row must not be able to stall the service. */
const MOST_ITERATIONS = 10_000_000

/** A password as it arrived, and its canonical digest: lower-case hexadecimal SM3 (GB/T 32905). Neither is ever stored or logged. */
export interface SentPassword { sent: string, digest: string }

interface PhcHash { iterations: number, salt: Buffer, key: Buffer }

/** `stale`: it matches, but is stored in a form that should be replaced by a fresh hash. */
export type Verdict = 'match' | 'stale' | 'mismatch'

export interface Passwords {
  /** @throws Code 400 where only digests are accepted and this is none */
  read: (sent: string) => SentPassword
  /** A salted, stretched hash as a PHC string. @throws Code 529 when the hashing queue is full */
  hash: (password: SentPassword) => Promise<string>
  /**
   * Compares with what is stored; `undefined` stands for an account that does not exist and costs the same.
   *
   * @param owner on whose behalf: nobody has more than half of the hashing queue
   * @throws Code 529 when the hashing queue is full
   */
  verify: (stored: string | undefined, password: SentPassword, owner?: string) => Promise<Verdict>
}

/**
 * @param options.iterations of PBKDF2-HMAC-SM3 (RFC 8018) for new hashes
 * @param options.requireDigest whether a password must arrive as a digest
 * @param queue bounds the hashes that run at once
 */
export function createPasswords (options: { iterations: number, requireDigest: boolean }, queue: Queue): Passwords {
  const stretch = (digest: string, salt: Buffer, iterations: number): Promise<Buffer> => derive(digest, salt, iterations, KEY_BYTES, 'sm3')

  async function hash ({ digest }: SentPassword): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    return format({ iterations: options.iterations, salt, key: await queue(() => stretch(digest, salt, options.iterations)) })
  }

  return {
    read (sent) {
      if (isDigest(sent)) return { sent, digest: sent.toLowerCase() }
      if (options.requireDigest) throw fail('BadRequest', { refusals: [{ field: 'Password', reason: 'Digest' }] })
      return { sent, digest: smCrypto.sm3(sent) }
    },

    hash,

    async verify (stored, password, owner) {
      const parsed = stored === undefined ? undefined : parse(stored)
      if (parsed === undefined) {
        // Unknown account, damaged row or a bare digest of the old service: all stretch once, as a current hash would.
        await queue(() => stretch(password.digest, randomBytes(SALT_BYTES), options.iterations), owner)
        return stored !== undefined && matchesBareDigest(stored, password) ? 'stale' : 'mismatch'
      }
      const { iterations, salt } = parsed
      return queue(async () => {
        const key = await stretch(password.digest, salt, iterations)
        if (timingSafeEqual(key, parsed.key)) return iterations < options.iterations ? 'stale' : 'match'
        // A hash from before the iterations were raised must not be quicker than one that does not exist.
        if (iterations < options.iterations) await stretch(password.digest, salt, options.iterations - iterations)
        return 'mismatch'
      }, owner)
    }
  }
}

/**
 * The old service stored 64 hexadecimal digits without salt: SHA-256 or SM3 of the string the client sent, or the SM3
 * digest the client sent. Clients sent digests or passwords, so both forms are tried.
 */
function matchesBareDigest (stored: string, { sent, digest }: SentPassword): boolean {
  if (!isDigest(stored)) return false
  const bare = Buffer.from(stored, 'hex')
  const candidates = [digest, ...[sent, digest].flatMap(text => [hex('sha256', text), hex('sm3', text)])]
  // Every candidate is compared, so that the time does not tell which one it was.
  return candidates.map(candidate => timingSafeEqual(Buffer.from(candidate, 'hex'), bare)).includes(true)
}

function hex (algorithm: 'sha256' | 'sm3', text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/** PHC string format: `$pbkdf2-sm3$i=600000,l=32$<salt>$<hash>`, in base64 without padding. */
function format ({ iterations, salt, key }: PhcHash): string {
  return `$pbkdf2-sm3$i=${iterations},l=${key.length}$${base64(salt)}$${base64(key)}`
}

function parse (stored: string): PhcHash | undefined {
  const [, i, l, salt, key] = /^\$pbkdf2-sm3\$i=([1-9]\d{0,7}),l=(\d{2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{43})$/.exec(stored) ?? []
  if (i === undefined || l === undefined || salt === undefined || key === undefined) return undefined
  const iterations = Number(i)
  if (iterations > MOST_ITERATIONS || Number(l) !== KEY_BYTES) return undefined
  return { iterations, salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
}
