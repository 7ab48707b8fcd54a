import { MOST_READINGS } from './legacy-hash.ts'

/** What one stretching costs, in the parameters of its scheme. */
export type Cost =
  /** PBKDF2 (RFC 8018) with HMAC-SM3 (GB/T 32905). */
  | { scheme: 'pbkdf2-sm3', iterations: number }
  /** Argon2id (RFC 9106). */
  | { scheme: 'argon2id', memoryKib: number, passes: number, lanes: number }

/** What a hash of the old service was made with before this service stretched it; `any` where nobody knows which. */
export type Inner = 'sha256' | 'sm3' | 'any'

export const isInner = (text: string | undefined): text is Inner => text === 'sha256' || text === 'sm3' || text === 'any'

/** A stored password. */
export interface StoredHash {
  cost: Cost
  salt: Buffer
  key: Buffer
  /** Id of the pepper that its input was keyed with. */
  keyId?: string
  /** The input was not the digest but the bare hash that the old service had stored. */
  inner?: Inner
}

export const KEY_BYTES = 32

// A row that asks for more is taken for damaged: a tampered one must not be able to stall the service or use up its memory.
const MOST = { i: 10_000_000, m: 262_144, t: 10, p: 4 }

const PHC = /^\$(pbkdf2-sm3|argon2id\$v=19)\$([a-z]+=[a-z0-9]{1,16}(?:,[a-z]+=[a-z0-9]{1,16}){0,5})\$([A-Za-z0-9+/]{22,86})\$([A-Za-z0-9+/]{43})$/
const NUMBER = /^[1-9][0-9]{0,7}$/

/** What may be asked for each reading that has to be tried. */
const mostFor = (inner: Inner | undefined): typeof MOST => inner === undefined ? MOST : { ...MOST, i: MOST.i / MOST_READINGS[inner], t: Math.floor(MOST.t / MOST_READINGS[inner]) }

const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '')

/**
 * In PHC string format, with base64 without padding: `$pbkdf2-sm3$i=600000,l=32$<salt>$<hash>` or
 * `$argon2id$v=19$m=65536,t=3,p=1$<salt>$<hash>`, with `keyid=` and `inner=` behind the other parameters where they apply.
 */
export function formatHash ({ cost, salt, key, keyId, inner }: StoredHash): string {
  const parameters = [
    cost.scheme === 'pbkdf2-sm3' ? `i=${cost.iterations},l=${key.length}` : `m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}`,
    ...(keyId === undefined ? [] : [`keyid=${keyId}`]),
    ...(inner === undefined ? [] : [`inner=${inner}`])
  ]
  return `$${cost.scheme === 'argon2id' ? 'argon2id$v=19' : cost.scheme}$${parameters.join(',')}$${base64(salt)}$${base64(key)}`
}

/** The reverse of `formatHash`; `undefined` for what it never wrote, or what asks for an absurd cost. */
export function parseHash (stored: string): StoredHash | undefined {
  const [, scheme, list, salt, key] = PHC.exec(stored) ?? []
  if (list === undefined || salt === undefined || key === undefined) return undefined
  const { keyid, inner, ...numbers } = Object.fromEntries(list.split(',').map(parameter => parameter.split('=')))
  if (inner !== undefined && !isInner(inner)) return undefined
  const cost = scheme === 'pbkdf2-sm3' ? pbkdf2Cost(numbers, mostFor(inner)) : argon2Cost(numbers, mostFor(inner))
  if (cost === undefined) return undefined
  return {
    cost,
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
    ...(keyid !== undefined && { keyId: keyid }),
    ...(inner !== undefined && { inner })
  }
}

/** A parameter within its bounds; `NaN` for any other. */
function bounded (value: string | undefined, most: number): number {
  return value !== undefined && NUMBER.test(value) && Number(value) <= most ? Number(value) : NaN
}

function pbkdf2Cost ({ i, l, ...rest }: Record<string, string>, most: typeof MOST): Cost | undefined {
  const iterations = bounded(i, most.i)
  return Number.isNaN(iterations) || l !== String(KEY_BYTES) || Object.keys(rest).length > 0 ? undefined : { scheme: 'pbkdf2-sm3', iterations }
}

function argon2Cost ({ m, t, p, ...rest }: Record<string, string>, most: typeof MOST): Cost | undefined {
  const [memoryKib, passes, lanes] = [bounded(m, most.m), bounded(t, most.t), bounded(p, most.p)]
  // RFC 9106, section 3.1: at least 8 KiB a lane.
  return !(memoryKib >= 8 * lanes) || Number.isNaN(passes) || Object.keys(rest).length > 0 ? undefined : { scheme: 'argon2id', memoryKib, passes, lanes }
}
