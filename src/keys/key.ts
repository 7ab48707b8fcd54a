import { createPrivateKey, createPublicKey, generateKeyPairSync, hkdfSync, randomBytes, sign, verify, type KeyObject } from 'node:crypto'

/** How tokens may be signed (RFC 7518, section 3.1; RFC 8037, section 3.1; EdDSA is Ed25519). */
export const ALGORITHMS = ['HS256', 'EdDSA', 'ES256'] as const
export type Algorithm = typeof ALGORITHMS[number]

/** The members of a JSON Web Key that make the key itself (RFC 7518, section 6; RFC 8037, section 2). */
export type KeyMembers = Record<string, string>

/** What others may know of a key: they check tokens with it. */
export interface PublicKey { kty: string, crv: string, x: string, y?: string, kid: string, alg: Algorithm, use: 'sig' }

/** A key ready for use. HS256 signs and checks with the same octets. */
export interface Key {
  kid: string
  alg: Algorithm
  /** PEM (PKCS #8), or the octets of a secret. */
  signWith: string | Buffer
  /** PEM (SPKI), or the octets of a secret. */
  verifyWith: string | Buffer
  /** There is none of a secret. */
  publicKey?: PublicKey
}

/** A key that cannot be used. The message tells nothing of the key. */
export class KeyError extends Error {}

const LEAST_SECRET_BYTES = 32
const ID_BYTES = 8

const FORMS: Record<Algorithm, { kty: string, crv?: string, members: string[] }> = {
  HS256: { kty: 'oct', members: ['k'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x', 'd'] },
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y', 'd'] }
}

/** The id of a secret, derived from it and telling nothing of it. */
export function secretId (secret: string): string {
  return Buffer.from(hkdfSync('sha256', secret, '', 'dream-auth signing key id', ID_BYTES)).toString('hex')
}

/** The key that `JWT_SECRET_KEY` is. */
export function secretKey (secret: string): Key {
  return { kid: secretId(secret), alg: 'HS256', signWith: secret, verifyWith: secret }
}

/** Hexadecimal, so that no id looks like an option on a command line. */
export function newId (): string {
  return randomBytes(ID_BYTES).toString('hex')
}

/** Makes a new key for an algorithm. */
export function generateMembers (alg: Algorithm): KeyMembers {
  if (alg === 'HS256') return { kty: 'oct', k: randomBytes(LEAST_SECRET_BYTES).toString('base64url') }
  const { privateKey } = alg === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return membersOf(alg, { ...privateKey.export({ format: 'jwk' }) })
}

/**
 * The members that make a key of this algorithm, and no others, of a JSON Web Key.
 *
 * @throws {KeyError} where one is missing, malformed or of another kind of key
 */
export function membersOf (alg: Algorithm, jwk: Record<string, unknown>): KeyMembers {
  const { kty, crv, members } = FORMS[alg]
  if (jwk.kty !== kty || jwk.crv !== crv) throw new KeyError(`is no key for ${alg}`)
  const own = members.map(name => {
    const value = jwk[name]
    if (typeof value !== 'string' || value === '' || Buffer.from(value, 'base64url').toString('base64url') !== value) throw new KeyError(`lacks the member ${name}, or has it malformed`)
    return [name, value] as const
  })
  return { kty, ...(crv !== undefined && { crv }), ...Object.fromEntries(own) }
}

/**
 * Makes a key ready for use, after a signature as a test.
 *
 * @throws {KeyError} where its private and public parts are not of one key, or it is a secret of fewer than 32 bytes
 */
export function readyKey (kid: string, alg: Algorithm, members: KeyMembers): Key {
  if (alg === 'HS256') {
    const octets = Buffer.from(members.k ?? '', 'base64url')
    if (octets.length < LEAST_SECRET_BYTES) throw new KeyError('is a secret of fewer than 32 bytes')
    return { kid, alg, signWith: octets, verifyWith: octets }
  }
  const { privateKey, publicKey } = keyPair(members)
  const { kty = '', crv = '', x = '', y } = members
  return {
    kid,
    alg,
    signWith: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    verifyWith: String(publicKey.export({ type: 'spki', format: 'pem' })),
    publicKey: { kty, crv, x, ...(y !== undefined && { y }), kid, alg, use: 'sig' }
  }
}

function keyPair ({ d, ...members }: KeyMembers): { privateKey: KeyObject, publicKey: KeyObject } {
  const probe = Buffer.from('dream-auth')
  try {
    const privateKey = createPrivateKey({ key: { ...members, ...(d !== undefined && { d }) }, format: 'jwk' })
    const publicKey = createPublicKey({ key: members, format: 'jwk' })
    const digest = publicKey.asymmetricKeyType === 'ec' ? 'sha256' : null
    if (verify(digest, probe, publicKey, sign(digest, probe, privateKey))) return { privateKey, publicKey }
  } catch {
    // What OpenSSL says of it is nobody's business: below.
  }
  throw new KeyError('has parts that are not of one key')
}
