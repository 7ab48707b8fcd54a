import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import smCrypto from 'sm-crypto'
import { fail } from './catalogue.ts'
import { duesOf, isAsStrong, partOf, remaining } from './cost.ts'
import { isDigest, matchesBareHash, MOST_READINGS, readingsOf, type SentPassword } from './legacy-hash.ts'
import type { Pepper } from './pepper.ts'
import { formatHash, parseHash, type Cost, type Inner, type StoredHash } from './phc.ts'
import type { Queue } from './queue.ts'
import type { Stretch } from './stretch.ts'

const SALT_BYTES = 16

/** GB/T 32905, appendix A.1. */
const SM3_OF_ABC = '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'

/**
 * `match`: it is the password. `stale`: it is, but stored at another cost than is set now, or without the pepper. `legacy`: it is,
 * but stored as the old service did. `mismatch`: it is not. `unreadable`: nobody can tell, as the row is damaged or its pepper is
 * not there. The last two are one to the client.
 */
export type Verdict = 'match' | 'stale' | 'legacy' | 'mismatch' | 'unreadable'

export interface Passwords {
  /** @throws Code 400 where only digests are accepted and this is none */
  read: (sent: string, field?: string) => SentPassword
  /** A salted, stretched hash as a PHC string. @throws Code 529 when the hashing queue is full */
  hash: (password: SentPassword) => Promise<string>
  /** The same for a bare hash of the old service, of which the password is not known. @throws Code 529 */
  wrap: (bare: string, inner: Inner) => Promise<string>
  /**
   * Compares with what is stored; `undefined` stands for an account that does not exist and costs the same.
   *
   * @param owner on whose behalf: nobody has more than a third of the hashing queue
   * @throws Code 529 when the hashing queue is full
   */
  verify: (stored: string | undefined, password: SentPassword, owner?: string) => Promise<Verdict>
  /**
   * Takes note of hashes as the table has them. Where some cost more than new ones do, or are of the other scheme, a failure
   * costs as much as theirs from now on, for whomever: else its time would tell which accounts have such a hash, or one at all.
   */
  expect: (stored: string[]) => void
  /** Whether a stored hash names a pepper that is not there: nobody can log in with it. */
  lacksPepper: (stored: string) => boolean
}

export interface PasswordOptions {
  /** What new hashes cost. */
  cost: Cost
  /** Whether a password must arrive as a digest. */
  requireDigest: boolean
  /** The first is that of new hashes; the others are those of older ones. None: hashes are not keyed. */
  peppers: Pepper[]
}

/**
 * @param queue bounds the hashes that run at once
 * @param stretch runs one
 */
export function createPasswords ({ cost, requireDigest, peppers }: PasswordOptions, queue: Queue, stretch: Stretch): Passwords {
  const [current] = peppers
  /** What a failure costs: the most of each scheme that is in use. */
  let dues: Cost[] = [cost]

  async function make (input: string, cost: Cost, inner?: Inner): Promise<string> {
    const salt = randomBytes(SALT_BYTES)
    const key = await queue(() => stretch(current?.apply(input) ?? input, salt, cost))
    return formatHash({ cost, salt, key, ...(current && { keyId: current.id }), ...(inner && { inner }) })
  }

  async function pay (costs: Cost[], { digest }: SentPassword): Promise<void> {
    for (const each of costs) await stretch(digest, randomBytes(SALT_BYTES), each)
  }

  const upToDate = (stored: StoredHash): boolean => isAsStrong(stored.cost, cost) && stored.keyId === current?.id

  return {
    read (sent, field = 'Password') {
      if (isDigest(sent)) return { sent, digest: sent.toLowerCase() }
      if (requireDigest) throw fail('BadRequest', { refusals: [{ field, reason: 'Digest' }] })
      return { sent, digest: smCrypto.sm3(sent) }
    },

    hash: ({ digest }) => make(digest, cost),

    wrap: (bare, inner) => make(bare.toLowerCase(), partOf(cost, MOST_READINGS[inner]), inner),

    async verify (stored, password, owner) {
      const parsed = parseHash(stored ?? '')
      const pepper = peppers.find(({ id }) => id === parsed?.keyId)
      if (parsed === undefined || (parsed.keyId !== undefined && pepper === undefined)) {
        // Unknown account, damaged row, missing pepper or a bare hash of the old service: all stretch as a current hash would.
        await queue(() => pay(dues, password), owner)
        if (stored === undefined) return 'mismatch'
        return !isDigest(stored) ? 'unreadable' : matchesBareHash(stored, password) ? 'legacy' : 'mismatch'
      }
      const { salt, inner } = parsed
      return queue(async () => {
        const readings = inner === undefined ? [password.digest] : readingsOf(inner, password)
        for (const reading of readings) {
          const key = await stretch(pepper?.apply(reading) ?? reading, salt, parsed.cost)
          if (timingSafeEqual(key, parsed.key)) return inner !== undefined ? 'legacy' : upToDate(parsed) ? 'match' : 'stale'
        }
        // Whatever is stored must not be quicker than what does not exist.
        await pay(dues.flatMap(due => remaining(due, parsed.cost, readings.length) ?? []), password)
        return 'mismatch'
      }, owner)
    },

    lacksPepper (stored) {
      const { keyId } = parseHash(stored) ?? {}
      return keyId !== undefined && !peppers.some(({ id }) => id === keyId)
    },

    expect (stored) {
      dues = duesOf(cost, stored.flatMap(each => parseHash(each) ?? []))
    }
  }
}

/**
 * That the native SM3 gives the standard's example. An OpenSSL without it, or with a broken one, would lock everybody out.
 *
 * @throws where it does not
 */
export function checkSm3 (sm3: (text: string) => string = text => createHash('sm3').update(text).digest('hex')): void {
  if (sm3('abc') !== SM3_OF_ABC) throw new Error('SM3 of "abc" is not what GB/T 32905 says')
}
