import { generateMembers, newId, secretId, type Algorithm, type KeyMembers } from './key.ts'

/** `next` is known everywhere before it signs, `current` signs, `previous` is accepted until its last token has expired. */
export type State = 'next' | 'current' | 'previous'

/** A key as the file has it. Times are seconds since 1970 (RFC 7519, NumericDate). */
export interface StoredKey {
  kid: string
  alg: Algorithm
  state: State
  members: KeyMembers
  created: number
  /** When it begins, or began, to sign. */
  from?: number
  /** When a `previous` key is no longer accepted. */
  until?: number
}

/** All keys of a deployment. */
export interface KeySet {
  keys: StoredKey[]
  /** Former and present values of `JWT_SECRET_KEY` that signed before there was a file, by id alone, and until when they are accepted. */
  previousSecrets: Array<{ kid: string, until: number }>
  /** Seconds that a token lived when the current key began to sign: its tokens live as long, though new ones are given less. */
  lifetime: number
}

/** How long other services may keep the published keys. */
export const PUBLISHED_MAX_AGE = 300
/** How long a key is published before it may sign: until all who keep the published keys have asked anew, and some more. */
export const SETTLE_SECONDS = PUBLISHED_MAX_AGE + 60
/** Within this all processes have read a new file, though their clocks differ a little: they look every two seconds. */
export const PICKUP_SECONDS = 30

interface Moment {
  now: number
  /** Seconds that a token lives. */
  lifetime: number
  /** What new keys are for. */
  alg: Algorithm
}

function newKey (alg: Algorithm, now: number): StoredKey & { state: 'next' } {
  return { kid: newId(), alg, state: 'next', members: generateMembers(alg), created: now }
}

/**
 * The first keys of a deployment, whose tokens `secret` has signed until now.
 *
 * @param wait seconds before the first key signs; until then the secret does, so that running processes can read the file
 */
export function createKeySet (secret: string, { now, lifetime, alg }: Moment, wait = 0): KeySet {
  return {
    keys: [newKey(alg, now), { ...newKey(alg, now), state: 'current', from: now + wait }],
    previousSecrets: [{ kid: secretId(secret), until: now + wait + PICKUP_SECONDS + lifetime }],
    lifetime
  }
}

/** Seconds until the next key has been known long enough to sign; 0 when it has. */
export function secondsToSettle ({ keys }: KeySet, now: number): number {
  const next = keys.find(({ state }) => state === 'next')
  return next === undefined ? 0 : Math.max(0, next.created + SETTLE_SECONDS - now)
}

/** The next key signs, the current one is accepted until its tokens have expired, and a new next one is made. */
export function rotateKeySet (set: KeySet, moment: Moment): KeySet {
  const { now, lifetime, alg } = moment
  const longest = Math.max(lifetime, set.lifetime)
  // A file that was written by hand may lack a next key.
  const known = set.keys.some(({ state }) => state === 'next') ? set.keys : [newKey(alg, now), ...set.keys]
  const moved = known.map((key): StoredKey => {
    if (key.state === 'next') return { ...key, state: 'current', from: now }
    return key.state === 'current' ? { ...key, state: 'previous', until: now + PICKUP_SECONDS + longest } : key
  })
  return withoutEnded({ ...set, keys: [newKey(alg, now), ...moved], lifetime }, now)
}

/**
 * Drops a key at once; where it signed, the next one does from now on.
 *
 * @returns `undefined` where there is no such key
 */
export function revokeKey (set: KeySet, kid: string, { now, alg }: Moment): KeySet | undefined {
  const secrets = set.previousSecrets.filter(secret => secret.kid !== kid)
  const revoked = set.keys.find(key => key.kid === kid)
  if (revoked === undefined && secrets.length === set.previousSecrets.length) return undefined
  const signs = { state: 'current', from: now } as const
  const known = set.keys.some(key => key.state === 'next' && key !== revoked) ? set.keys : [newKey(alg, now), ...set.keys]
  const left = known.filter(key => key !== revoked).map((key): StoredKey => {
    if (revoked?.state === 'current' && key.state === 'next') return { ...key, ...signs }
    // Without its secret nothing signs before the first key does.
    return revoked === undefined && key.state === 'current' && (key.from ?? 0) > now ? { ...key, ...signs } : key
  })
  const next = left.some(({ state }) => state === 'next') ? [] : [newKey(alg, now)]
  return withoutEnded({ ...set, keys: [...next, ...left], previousSecrets: secrets }, now)
}

function withoutEnded ({ keys, previousSecrets, ...rest }: KeySet, now: number): KeySet {
  return {
    ...rest,
    keys: keys.filter(({ until = Infinity }) => until > now),
    previousSecrets: previousSecrets.filter(({ until }) => until > now)
  }
}
