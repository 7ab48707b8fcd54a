import { readyKey, secretKey, type Key, type PublicKey } from './key.ts'
import type { KeySet } from './key-set.ts'

/** A key that is accepted, and until when, in seconds since 1970. */
interface AcceptedKey extends Key { until: number }

/** The keys of a process at one time. Moments are seconds since 1970. */
export interface KeyRing {
  /** The key that signs. */
  signing: (now: number) => Key
  /** The key of an id, or, without one, of the tokens that the service's earlier versions issued; none that has ended. */
  find: (kid: string | undefined, now: number) => Key | undefined
  accepted: (now: number) => Key[]
  publicKeys: (now: number) => PublicKey[]
}

/**
 * @param secret `JWT_SECRET_KEY`: signs where there is no key file, and before the first key of the file does
 * @param set the keys of the file, where there is one
 */
export function createKeyRing (secret: string, set?: KeySet): KeyRing {
  const own = secretKey(secret)
  const ofSecret = { ...own, until: set === undefined ? Infinity : set.previousSecrets.find(({ kid }) => kid === own.kid)?.until ?? 0 }
  // A Map: an id that is the name of a member every object has finds nothing.
  const keys = new Map<string, AcceptedKey>([[own.kid, ofSecret]])
  let signs: { key: Key, from: number } = { key: own, from: 0 }
  for (const { kid, alg, members, state, from = 0, until = Infinity } of set?.keys ?? []) {
    const key = { ...readyKey(kid, alg, members), until }
    keys.set(kid, key)
    if (state === 'current') signs = { key, from }
  }
  const accepted = (now: number): Key[] => [...keys.values()].filter(({ until }) => now < until)

  return {
    signing: now => now < signs.from && now < ofSecret.until ? own : signs.key,
    find (kid, now) {
      const key = kid === undefined ? ofSecret : keys.get(kid)
      return key !== undefined && now < key.until ? key : undefined
    },
    accepted,
    publicKeys: now => accepted(now).flatMap(({ publicKey }) => publicKey ?? [])
  }
}
