import { lstatSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { locked, readKeyFile, writeKeyFile } from '../../src/keys/key-file.ts'
import { createKeySet, revokeKey, rotateKeySet, type KeySet } from '../../src/keys/key-set.ts'
import { keyOf, moment, SECRET } from '../support/keys.ts'

function folder (t: Test): string {
  const made = mkdtempSync(join(tmpdir(), 'dream-links-'))
  t.teardown(() => { rmSync(made, { recursive: true }) })
  return made
}

t.test('a link that somebody has laid where a key file is made is not followed', async t => {
  const place = folder(t)
  const [file, victim] = [join(place, 'keys.json'), join(place, 'victim')]
  writeFileSync(victim, 'what is not ours', { mode: 0o600 })
  symlinkSync(victim, `${file}.new`)
  writeKeyFile(file, createKeySet(SECRET, moment('EdDSA')))
  t.ok(lstatSync(file).isFile())
  t.equal(readFileSync(victim, 'utf8'), 'what is not ours')
  symlinkSync(victim, `${file}.lock`)
  await t.rejects(locked(file, async () => {}), /JWT_KEYS_FILE has a lock beside it that is a link/)
  t.equal(readFileSync(victim, 'utf8'), 'what is not ours')
})

t.test('T5: keys without a next one, as written by hand, can be rotated and revoked, and are read again afterwards', async t => {
  const file = join(folder(t), 'keys.json')
  const set = createKeySet(SECRET, moment('EdDSA'))
  const bare: KeySet = { ...set, keys: set.keys.filter(({ state }) => state !== 'next') }
  for (const changed of [rotateKeySet(bare, moment('EdDSA')), revokeKey(bare, keyOf(bare, 'current').kid, moment('EdDSA'))]) {
    if (changed === undefined) throw new Error('there is such a key')
    writeKeyFile(file, changed)
    const read = await readKeyFile(file)
    t.same(read?.set.keys.map(({ state }) => state).filter(state => state !== 'previous').sort(), ['current', 'next'])
    t.not(read?.set.keys.find(({ state }) => state === 'current')?.kid, keyOf(bare, 'current').kid)
  }
})

t.test('a set that nobody could read again does not take the place of one that can be read', async t => {
  const file = join(folder(t), 'keys.json')
  const set = createKeySet(SECRET, moment('EdDSA'))
  writeKeyFile(file, set)
  t.throws(() => { writeKeyFile(file, { ...set, keys: [] }) })
  t.same((await readKeyFile(file))?.set.keys.map(({ kid }) => kid), set.keys.map(({ kid }) => kid))
})
