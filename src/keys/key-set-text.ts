import { ALGORITHMS, KeyError, membersOf, readyKey, type Algorithm } from './key.ts'
import type { KeySet, State, StoredKey } from './key-set.ts'

type Json = Record<string, unknown>

const KEY_ID = /^[A-Za-z0-9._~-]{1,64}$/
const STATES: readonly string[] = ['next', 'current', 'previous'] satisfies State[]

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isAlgorithm = (value: unknown): value is Algorithm => ALGORITHMS.some(alg => alg === value)
const isState = (value: unknown): value is State => typeof value === 'string' && STATES.includes(value)
const isTime = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

/** A key file is a JWK Set (RFC 7517, section 5) with members of our own. */
export function writeKeySet ({ keys, ...rest }: KeySet): string {
  const flat = keys.map(({ members, kid, alg, ...rest }) => ({ kid, alg, use: 'sig', ...rest, ...members }))
  return `${JSON.stringify({ keys: flat, ...rest }, null, 2)}\n`
}

/**
 * Reads a key file, strictly: a key that is not understood is no key to pass over.
 *
 * @throws {KeyError} saying what is wrong, and nothing of any key
 */
export function readKeySet (text: string): KeySet {
  const { keys, previousSecrets = [], lifetime = 0 } = parsed(text)
  if (!Array.isArray(keys) || !Array.isArray(previousSecrets)) throw new KeyError('is not a JWK Set')
  if (!isTime(lifetime)) throw new KeyError('has a lifetime that is none')
  const set = { lifetime, keys: keys.map(storedKey), previousSecrets: previousSecrets.map(previousSecret) }
  const ids = [...set.keys, ...set.previousSecrets].map(({ kid }) => kid)
  if (new Set(ids).size < ids.length) throw new KeyError('has two keys of one id')
  const count = (state: State): number => set.keys.filter(key => key.state === state).length
  if (count('current') !== 1) throw new KeyError('must have exactly one current key')
  if (count('next') > 1) throw new KeyError('has more than one next key')
  return set
}

function parsed (text: string): Json {
  try {
    const value: unknown = JSON.parse(text)
    if (isJson(value)) return value
  } catch {
    // Its message would repeat the text.
  }
  throw new KeyError('is not a JWK Set')
}

function storedKey (value: unknown, index: number): StoredKey {
  const refuse = (why: string): never => { throw new KeyError(`has a key, number ${index + 1}, that ${why}`) }
  if (!isJson(value)) return refuse('is no object')
  const { kid, alg, use, state, created, from, until } = value
  if (typeof kid !== 'string' || !KEY_ID.test(kid)) return refuse('has no usable kid')
  if (!isAlgorithm(alg)) return refuse(`has none of the algorithms ${ALGORITHMS.join(', ')}`)
  if (use !== 'sig') return refuse('is not for signatures')
  if (!isState(state)) return refuse('has no state')
  if (!isTime(created) || !(from === undefined || isTime(from)) || !(until === undefined || isTime(until))) return refuse('has a time that is none')
  if ((state === 'previous') !== (until !== undefined)) return refuse('does not say until when it is accepted')
  try {
    const members = membersOf(alg, value)
    readyKey(kid, alg, members)
    return { kid, alg, state, members, created, ...(from !== undefined && { from }), ...(until !== undefined && { until }) }
  } catch (error) {
    return refuse(error instanceof KeyError ? error.message : 'cannot be used')
  }
}

function previousSecret (value: unknown): KeySet['previousSecrets'][number] {
  if (isJson(value) && typeof value.kid === 'string' && KEY_ID.test(value.kid) && isTime(value.until)) return { kid: value.kid, until: value.until }
  throw new KeyError('has a previous secret without kid or end')
}
