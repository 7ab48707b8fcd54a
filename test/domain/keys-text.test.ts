import t from 'tap'
import { generateMembers, KeyError, readyKey } from '../../src/keys/key.ts'
import { createKeySet, type KeySet } from '../../src/keys/key-set.ts'
import { readKeySet, writeKeySet } from '../../src/keys/key-set-text.ts'
import { keyOf, moment, SECRET } from '../support/keys.ts'

type Json = Record<string, unknown>

const ofHs256 = createKeySet(SECRET, moment('HS256'))
const ofEdDSA = createKeySet(SECRET, moment('EdDSA'))
const ofES256 = createKeySet(SECRET, moment('ES256'))

/** The file of a set, changed as a JSON value. */
function altered (set: KeySet, change: (file: { keys: Json[], previousSecrets: Json[] }) => unknown): string {
  const file = JSON.parse(writeKeySet(set))
  return JSON.stringify(change(file) ?? file)
}

t.test('F1, T2: a file with anything in it that is not understood is refused, by a line that shows nothing of it', async t => {
  const first = (change: Json) => ({ keys: [key, ...rest], ...more }: { keys: Json[], previousSecrets: Json[] }) => ({ ...more, keys: [{ ...key, ...change }, ...rest] })
  const other = generateMembers('ES256')
  const bad: Record<string, string> = {
    'no JSON': '{"keys": [ "TOPSECRET',
    'a list': '[]',
    'no keys': '{}',
    'no key that signs': altered(ofEdDSA, ({ keys }) => ({ keys: keys.filter(({ state }) => state !== 'current') })),
    'two that sign': altered(ofEdDSA, first({ state: 'current' })),
    'two of one id': altered(ofEdDSA, ({ keys }) => ({ keys: keys.map(key => ({ ...key, kid: 'one' })) })),
    'an id of a secret twice': altered(ofEdDSA, ({ keys, previousSecrets }) => ({ keys: keys.map((key, i) => i === 0 ? { ...key, kid: previousSecrets[0]?.kid } : key), previousSecrets })),
    'an id that is a path': altered(ofEdDSA, first({ kid: '../key' })),
    'no id': altered(ofEdDSA, first({ kid: undefined })),
    'another algorithm': altered(ofEdDSA, first({ alg: 'none' })),
    'an algorithm of every object': altered(ofEdDSA, first({ alg: 'constructor' })),
    'the algorithm of another kind of key': altered(ofEdDSA, first({ alg: 'ES256' })),
    'HS256 over a public key': altered(ofEdDSA, first({ alg: 'HS256' })),
    'another curve': altered(ofES256, first({ crv: 'P-384' })),
    'a key for encryption': altered(ofEdDSA, first({ use: 'enc' })),
    'an unknown state': altered(ofEdDSA, first({ state: 'retired' })),
    'a time that is none': altered(ofEdDSA, first({ created: 'yesterday' })),
    'previous without end': altered(ofEdDSA, first({ state: 'previous' })),
    'an end before it was previous': altered(ofEdDSA, first({ until: 1 })),
    'no private part': altered(ofEdDSA, first({ d: undefined })),
    'a malformed member': altered(ofEdDSA, first({ x: 'TOPSECRET+/=' })),
    'parts of two keys (EdDSA)': altered(ofEdDSA, first({ x: generateMembers('EdDSA').x })),
    'parts of two keys (ES256)': altered(ofES256, first({ x: other.x, y: other.y })),
    'a point that is not on the curve': altered(ofES256, first({ y: other.y })),
    'a short secret': altered(ofHs256, first({ k: Buffer.alloc(31, 'TOPSECRET').toString('base64url') })),
    'an empty secret': altered(ofHs256, first({ k: '' })),
    'a lifetime that is none': altered(ofEdDSA, file => ({ ...file, lifetime: 'long' })),
    'a former secret without end': altered(ofEdDSA, ({ keys }) => ({ keys, previousSecrets: [{ kid: 'a' }] }))
  }
  for (const [what, text] of Object.entries(bad)) {
    try {
      readKeySet(text)
      t.fail(`${what} was accepted`)
    } catch (error) {
      t.ok(error instanceof KeyError, `${what}: ${String(error)}`)
      const privates = [...text.matchAll(/"(?:d|k|x|y)": ?"([^"]{10,})"/g)].map(([, value = '']) => value)
      t.notOk([...privates, 'TOPSECRET'].some(value => String(error).includes(value)), `${what}: shows nothing`)
    }
  }
  t.ok(readKeySet(altered(ofEdDSA, first({ comment: 'a member that is not ours' }))))
})

t.test('what others may know of a key is its public part alone', async t => {
  for (const set of [ofEdDSA, ofES256]) {
    const { kid, alg, members } = keyOf(set, 'current')
    const { publicKey } = readyKey(kid, alg, members)
    t.same(Object.keys(publicKey ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', ...alg === 'ES256' ? ['y'] : []])
  }
  t.equal(readyKey('a', 'HS256', generateMembers('HS256')).publicKey, undefined)
})
