import type { Test } from 'tap'
import { build } from '../helper.ts'
import type { Algorithm } from '../../src/keys/key.ts'
import { createKeySet, rotateKeySet, type KeySet } from '../../src/keys/key-set.ts'
import { claims, forge } from './forge.ts'
import { keyOf, moment, SECRET, signature, withKeys } from './keys.ts'

type Json = Record<string, unknown>

export const ASYMMETRIC = ['EdDSA', 'ES256'] as const
export const other = (alg: Algorithm): Algorithm => alg === 'EdDSA' ? 'ES256' : 'EdDSA'

/** A service whose current key is of the algorithm, the next one of the other, and a former one of HS256. */
export async function forger (t: Test, alg: Algorithm) {
  const first = createKeySet(SECRET, moment('HS256'))
  const set = [alg, other(alg)].reduce<KeySet>((set, each) => rotateKeySet(set, moment(each)), rotateKeySet(first, moment(alg)))
  const { settings } = withKeys(t, alg, set)
  const { app: { signer } } = await build(t, 'embedded', settings)
  const key = keyOf(set, 'current')
  const next = keyOf(set, 'next')
  t.same([key.alg, next.alg], [alg, other(alg)])
  const token = (header: Json = {}, payload = claims(), signed: (input: string) => Buffer | string = signature(key)): string => forge({ alg, kid: key.kid, ...header }, payload, signed)
  t.match(signer.verify(token()), { sub: '1' }, 'a token made like this is accepted')
  return { signer, set, key, next, token, refused: (sent: string, why: string) => { t.throws(() => signer.verify(sent), why) } }
}
