import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { keyFileVersion, locked, readKeyFile, writeKeyFile } from '../../src/keys/key-file.ts'
import { createKeySet, rotateKeySet } from '../../src/keys/key-set.ts'
import { keyFile, moment, SECRET, withKeys } from '../support/keys.ts'

const sets = (['HS256', 'EdDSA', 'ES256'] as const).map(alg => createKeySet(SECRET, moment(alg)))

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

t.test('what root makes in the folder of the service belongs to the service', { skip: process.getuid?.() !== 0 && 'needs root' }, async t => {
  const file = keyFile(t)
  chownSync(dirname(file), 12_345, 12_345)
  await locked(file, async () => { writeKeyFile(file, createKeySet(SECRET, moment('EdDSA'))) })
  for (const name of [file, `${file}.lock`]) t.match(statSync(name), { uid: 12_345, gid: 12_345 }, name)
  chownSync(file, 23_456, 12_345)
  writeKeyFile(file, createKeySet(SECRET, moment('EdDSA')))
  t.equal(statSync(file).uid, 23_456, 'or stays whose it was')
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
})
