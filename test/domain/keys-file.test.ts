import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { generateMembers, KeyError, readyKey } from '../../src/keys/key.ts'
import { keyFileVersion, locked, readKeyFile, writeKeyFile } from '../../src/keys/key-file.ts'
import { createKeySet, rotateKeySet } from '../../src/keys/key-set.ts'
import { readKeySet, writeKeySet } from '../../src/keys/key-set-text.ts'
import { keyFile, keyOf, moment, SECRET, withKeys } from '../support/keys.ts'

type Json = Record<string, unknown>

const sets = (['HS256', 'EdDSA', 'ES256'] as const).map(alg => createKeySet(SECRET, moment(alg)))
const [ofHs256, ofEdDSA, ofES256] = sets

t.test('what is written is read again: a JWK Set, for the owner\'s eyes only', async t => {
  for (const set of sets) {
    const file = keyFile(t)
    const rotated = rotateKeySet(set, moment('ES256'))
    writeKeyFile(file, rotated)
    t.same((await readKeyFile(file))?.set, rotated)
    t.equal(statSync(file).mode & 0o777, 0o600)
    const { keys } = JSON.parse(readFileSync(file, 'utf8'))
    for (const key of keys) t.match(key, { kty: /^(oct|OKP|EC)$/, kid: String, alg: String, use: 'sig' })
    t.notOk(readFileSync(file, 'utf8').includes(SECRET), 'JWT_SECRET_KEY is not in it')
  }
})

t.test('a new content is another version; no file has none', async t => {
  const file = keyFile(t)
  t.equal(await keyFileVersion(file), undefined)
  t.equal(await readKeyFile(file), undefined)
  const versions = new Set<string | undefined>()
  for (const set of sets) {
    writeKeyFile(file, set)
    t.equal((await readKeyFile(file))?.version, await keyFileVersion(file))
    versions.add(await keyFileVersion(file))
  }
  t.equal(versions.size, sets.length)
})

t.test('an interrupted change leaves the old file, and what it left behind harms no later one', async t => {
  const { file, set } = withKeys(t, 'EdDSA')
  writeFileSync(`${file}.new`, '{"keys":[', { mode: 0o644 })
  t.same((await readKeyFile(file))?.set, set)
  writeKeyFile(file, rotateKeySet(set, moment('EdDSA')))
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.same(readdirSync(dirname(file)), ['jwt-keys.json'])
})

t.test('a link to the file stays one', async t => {
  const { file, set } = withKeys(t, 'EdDSA')
  const link = join(dirname(file), 'link.json')
  symlinkSync(file, link)
  const rotated = rotateKeySet(set, moment('EdDSA'))
  writeKeyFile(link, rotated)
  t.same((await readKeyFile(file))?.set, rotated)
})

t.test('two changes at once: the second is refused, and the lock ends with the first', async t => {
  const file = keyFile(t)
  await locked(file, async () => {
    await t.rejects(locked(file, async () => {}), /JWT_KEYS_FILE is being changed/)
  })
  t.equal(await locked(file, async () => 'done'), 'done')
  await t.rejects(locked(file, () => { throw new TypeError('its own error') }), TypeError)
  t.equal(await locked(file, async () => 'done'), 'done')
})

t.test('F1: a file that everybody can read, or that cannot be read, is refused', { skip: process.platform === 'win32' }, async t => {
  const { file } = withKeys(t, 'EdDSA')
  for (const mode of [0o604, 0o602, 0o644, 0o666]) {
    chmodSync(file, mode)
    await t.rejects(readKeyFile(file), /open to everybody/, mode.toString(8))
  }
  chmodSync(file, 0o640)
  t.ok(await readKeyFile(file), 'a group may read it')
  const folder = `${file}.folder`
  mkdirSync(folder, { mode: 0o700 })
  await t.rejects(readKeyFile(folder), /cannot be read \(EISDIR\)/)
  writeFileSync(file, ' '.repeat(300_000), { mode: 0o600 })
  await t.rejects(readKeyFile(file), /too large/)
  t.ok(existsSync(file))
})

/** The file of a set, changed as a JSON value. */
function altered (set: typeof ofEdDSA, change: (file: { keys: Json[], previousSecrets: Json[] }) => unknown): string {
  const file = JSON.parse(writeKeySet(set ?? createKeySet(SECRET, moment('EdDSA'))))
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
    const { kid, alg, members } = keyOf(set ?? createKeySet(SECRET, moment('EdDSA')), 'current')
    const { publicKey } = readyKey(kid, alg, members)
    t.same(Object.keys(publicKey ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', ...alg === 'ES256' ? ['y'] : []])
  }
  t.equal(readyKey('a', 'HS256', generateMembers('HS256')).publicKey, undefined)
})
