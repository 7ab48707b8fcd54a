import type { Algorithm, Key, PublicKey } from './key.ts'
import type { KeyRing } from './key-ring.ts'

/** The media type of our tokens (RFC 9068), so that no other kind of token is taken for one (RFC 8725, section 3.11). */
export const TOKEN_TYPE = 'at+jwt'

/** What a token says, but for `iss` and `aud`, which the signer adds. Times are whole seconds since 1970. */
export interface OwnClaims {
  sub: string
  jti: string
  /** Now, where it is left out. */
  iat?: number
  /** `iat` and the lifetime that is set, where it is left out. */
  exp?: number
}

/** Signs and checks tokens, whatever the keys of the moment. */
export interface Signer {
  /** A signed token with these claims and `iss`, `aud`, `iat`, `exp`. @throws {TypeError} for times that are none */
  sign: <C extends OwnClaims>(claims: C) => string
  /**
   * The claims of a token whose key, algorithm, signature, type, issuer, audience and times are right and whose `sub`, `jti`,
   * `iat` and `exp` are there and of their types, else it throws.
   */
  verify: (token: string) => unknown
  /** Raised whenever a key is no longer accepted: what was verified before may have been signed by it. */
  readonly generation: number
  /** Calls the listener at each such moment. Returns what ends that. */
  onChange: (listener: () => void) => () => void
  /** What others check tokens with (RFC 7517): none of HS256, whose keys are secrets. */
  publicKeys: () => PublicKey[]
}

/** What of `@fastify/jwt` the signer uses: a signature and its check with a key of the moment. */
export interface TokenLibrary {
  sign: (claims: object, options: { key: string | Buffer, algorithm: Algorithm, kid: string, header: { alg: Algorithm, typ: string } }) => string
  /** Header and claims as they are written, believed in nothing. */
  decode: (token: string) => unknown
  verify: (token: string, options: { key: string | Buffer, algorithms: Algorithm[] }) => unknown
}

type Json = Record<string, unknown>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** The signer over a ring of keys, which `use` replaces by another. `settle` notices keys whose time is over. */
export interface SignerControl { signer: Signer, use: (ring: KeyRing) => void, settle: () => void }

/**
 * @param options.lifetime seconds that a token lives unless its claims say otherwise
 * @param options.now the time in milliseconds since 1970
 */
export function createSigner (library: TokenLibrary, first: KeyRing, options: { lifetime: number, now: () => number }): SignerControl {
  const seconds = (): number => Math.floor(options.now() / 1_000)
  const listeners = new Set<() => void>()
  let ring = first
  let known = ring.accepted(seconds())
  let generation = 0

  function settle (): void {
    const accepted = ring.accepted(seconds())
    const lost = known.some(key => !accepted.some(other => isSame(key, other)))
    known = accepted
    if (!lost) return
    generation++
    for (const listener of listeners) listener()
  }

  /** The key that a token was signed with, as its header names it; what else the header holds brings no key in. */
  function keyOf (token: string): Key {
    const decoded = library.decode(token)
    const { header, signature } = isJson(decoded) ? decoded : {}
    if (!isJson(header) || typeof signature !== 'string') throw new TypeError('no token')
    // RFC 7515, section 4.1.11: we understand no extension, whatever the list of them looks like.
    if (Object.hasOwn(header, 'crit')) throw new TypeError('a critical extension')
    // Spare bits of the last letter would let one signature be written in several ways.
    if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) throw new TypeError('a signature not written as it should be')
    const kid = Object.hasOwn(header, 'kid') ? header.kid : undefined
    if (kid !== undefined && typeof kid !== 'string') throw new TypeError('a key id that is none')
    const key = ring.find(kid, seconds())
    if (key === undefined) throw new TypeError('a key that is not accepted')
    return key
  }

  const signer: Signer = {
    sign (claims) {
      const { iat = seconds(), exp = iat + options.lifetime } = claims
      // The library would leave out an `exp` of 0.
      if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp) || exp <= iat) throw new TypeError('iat and exp must be whole seconds, the one before the other')
      const { kid, alg, signWith } = ring.signing(seconds())
      return library.sign({ ...claims, iat, exp }, { key: signWith, algorithm: alg, kid, header: { alg, typ: TOKEN_TYPE } })
    },

    verify (token) {
      const { alg, verifyWith } = keyOf(token)
      const claims = library.verify(token, { key: verifyWith, algorithms: [alg] })
      if (!isTyped(claims)) throw new TypeError('a claim of another type')
      return claims
    },

    get generation () { return generation },

    onChange (listener) {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },

    publicKeys: () => ring.publicKeys(seconds())
  }

  return {
    signer,
    use (next) {
      ring = next
      settle()
    },
    settle
  }
}

/** One id may come to mean another key. */
function isSame (one: Key, other: Key): boolean {
  return one.kid === other.kid && one.alg === other.alg && Buffer.from(one.verifyWith).equals(Buffer.from(other.verifyWith))
}

function isTyped (claims: unknown): boolean {
  if (!isJson(claims)) return false
  const { sub, jti, iat, exp } = claims
  return [sub, jti].every(text => typeof text === 'string' && text !== '') && [iat, exp].every(time => Number.isSafeInteger(time))
}
