import t from 'tap'
import { secretId } from '../../src/keys/key.ts'
import { createKeyRing } from '../../src/keys/key-ring.ts'
import { createKeySet, PICKUP_SECONDS, revokeKey, rotateKeySet, secondsToSettle, SETTLE_SECONDS, type KeySet } from '../../src/keys/key-set.ts'
import { keyOf, LIFETIME, moment, SECRET } from '../support/keys.ts'

const NOW = 1_800_000_000
const states = ({ keys }: KeySet): string[] => keys.map(({ kid, state }) => `${kid} ${state}`).sort()
const accepted = (set: KeySet, now: number): string[] => createKeyRing(SECRET, set).accepted(now).map(({ kid }) => kid).sort()
const ids = (set: KeySet): string[] => set.keys.map(({ kid }) => kid)

t.test('the first keys: one that signs and one that will, and the secret for as long as its tokens live', async t => {
  const set = createKeySet(SECRET, moment('EdDSA', NOW))
  t.same(set.keys.map(({ state, alg }) => [state, alg]), [['next', 'EdDSA'], ['current', 'EdDSA']])
  t.same(set.previousSecrets, [{ kid: secretId(SECRET), until: NOW + PICKUP_SECONDS + LIFETIME }])
  t.same(accepted(set, NOW + PICKUP_SECONDS + LIFETIME - 1), [...ids(set), secretId(SECRET)].sort())
  t.same(accepted(set, NOW + PICKUP_SECONDS + LIFETIME), ids(set).sort(), 'then HS256 is not accepted at all')
})

t.test('T5: where others are running, the secret signs until they have had time to read the first file', async t => {
  const set = createKeySet(SECRET, moment('ES256', NOW), PICKUP_SECONDS)
  const ring = createKeyRing(SECRET, set)
  t.equal(ring.signing(NOW + PICKUP_SECONDS - 1).kid, secretId(SECRET))
  t.equal(ring.signing(NOW + PICKUP_SECONDS).kid, keyOf(set, 'current').kid)
  t.ok(ring.find(keyOf(set, 'current').kid, NOW), 'though the first key is accepted at once')
  t.equal(createKeyRing('another secret: 1b7de9a2c5f80436', set).signing(NOW).kid, keyOf(set, 'current').kid, 'a secret that is not accepted signs nothing')
})

t.test('T5: a rotation moves each key on, and ends none whose tokens may live', async t => {
  const first = createKeySet(SECRET, moment('EdDSA', NOW))
  const at = NOW + SETTLE_SECONDS
  const second = rotateKeySet(first, moment('EdDSA', at))
  const made = keyOf(second, 'next').kid
  t.same(states(second), [`${made} next`, `${keyOf(first, 'next').kid} current`, `${keyOf(first, 'current').kid} previous`].sort())
  t.notOk(ids(first).includes(made))
  t.equal(keyOf(second, 'previous').until, at + PICKUP_SECONDS + LIFETIME)
  const end = keyOf(second, 'previous').until ?? 0
  t.same(accepted(second, end - 1), ids(second).sort(), 'accepted until then')
  t.notOk(accepted(second, end).includes(keyOf(second, 'previous').kid), 'and no longer')
  const third = rotateKeySet(second, moment('EdDSA', end))
  t.notOk(ids(third).includes(keyOf(first, 'current').kid), 'what has ended is dropped by the next rotation')
  t.same(third.previousSecrets, [])
})

t.test('T5: a key is accepted for as long as its tokens were given, though new ones are given less', async t => {
  const at = NOW + SETTLE_SECONDS
  const second = rotateKeySet(createKeySet(SECRET, moment('EdDSA', NOW)), { ...moment('EdDSA', at), lifetime: 60 })
  t.equal(keyOf(second, 'previous').until, at + PICKUP_SECONDS + LIFETIME)
  const third = rotateKeySet(second, { ...moment('EdDSA', 2 * SETTLE_SECONDS + NOW), lifetime: 60 })
  t.ok(third.keys.some(({ until }) => until === NOW + 2 * SETTLE_SECONDS + PICKUP_SECONDS + 60), 'and the next one for the shorter time')
})

t.test('a change of the algorithm takes two rotations, as the next key is published before it signs', async t => {
  const first = createKeySet(SECRET, moment('HS256', NOW))
  const second = rotateKeySet(first, moment('ES256', NOW + SETTLE_SECONDS))
  t.same([keyOf(second, 'current').alg, keyOf(second, 'next').alg], ['HS256', 'ES256'])
  t.equal(keyOf(rotateKeySet(second, moment('ES256', NOW + 2 * SETTLE_SECONDS)), 'current').alg, 'ES256')
})

t.test('T5: a key is known for longer than others keep the published keys before it signs', async t => {
  const set = createKeySet(SECRET, moment('EdDSA', NOW))
  t.equal(secondsToSettle(set, NOW), 360)
  t.equal(secondsToSettle(set, NOW + 359), 1)
  t.equal(secondsToSettle(set, NOW + 360), 0)
})

t.test('a key that is revoked is gone at once: the next one signs in place of the current one', async t => {
  const set = createKeySet(SECRET, moment('EdDSA', NOW))
  const [current, next] = [keyOf(set, 'current'), keyOf(set, 'next')]
  const without = revokeKey(set, current.kid, moment('EdDSA', NOW + 5))
  t.ok(without && !ids(without).includes(current.kid))
  t.match(without && keyOf(without, 'current'), { kid: next.kid, from: NOW + 5 })
  t.ok(without && keyOf(without, 'next'))
  const withoutNext = revokeKey(set, next.kid, moment('EdDSA', NOW))
  t.equal(withoutNext && keyOf(withoutNext, 'current').kid, current.kid, 'without the next key the current one goes on')
  t.not(withoutNext && keyOf(withoutNext, 'next').kid, next.kid)
  const previous = keyOf(rotateKeySet(set, moment('EdDSA', NOW)), 'previous').kid
  t.notOk(ids(revokeKey(rotateKeySet(set, moment('EdDSA', NOW)), previous, moment('EdDSA', NOW)) ?? set).includes(previous))
  t.equal(revokeKey(set, 'unknown', moment('EdDSA', NOW)), undefined)
})

t.test('a secret that is revoked signs no longer, even before the first key was to', async t => {
  const set = revokeKey(createKeySet(SECRET, moment('EdDSA', NOW), PICKUP_SECONDS), secretId(SECRET), moment('EdDSA', NOW))
  t.same(set?.previousSecrets, [])
  const ring = createKeyRing(SECRET, set)
  t.equal(ring.signing(NOW).kid, set && keyOf(set, 'current').kid)
  t.equal(ring.find(undefined, NOW), undefined)
  t.equal(set && keyOf(set, 'current').from, NOW)
})

t.test('T4: an id is looked up in the list and nowhere else', async t => {
  const ring = createKeyRing(SECRET, createKeySet(SECRET, moment('EdDSA', NOW)))
  for (const kid of ['', '__proto__', 'constructor', 'toString', '../../etc/passwd', 'has', '0']) t.equal(ring.find(kid, NOW), undefined, kid)
})
