import { writeFileSync } from 'node:fs'
import t from 'tap'
import { build, modes } from '../helper.ts'
import { secretId } from '../../src/keys/key.ts'
import { writeKeyFile } from '../../src/keys/key-file.ts'
import { createKeySet, revokeKey, rotateKeySet, type KeySet } from '../../src/keys/key-set.ts'
import { claims, forge, hmac, part, seconds } from '../support/forge.ts'
import { keyFile, keyOf, LIFETIME, moment, SECRET, withKeys } from '../support/keys.ts'

/** Waits for what a process does within some seconds. */
async function until (holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(resolve => { setTimeout(resolve, 50) })
}

/** The keys as if all times in the file were some seconds ago. */
function aged ({ keys, previousSecrets, ...rest }: KeySet, by: number): KeySet {
  return {
    ...rest,
    keys: keys.map(key => ({ ...key, created: key.created - by, ...(key.from !== undefined && { from: key.from - by }), ...(key.until !== undefined && { until: key.until - by }) })),
    previousSecrets: previousSecrets.map(({ kid, until }) => ({ kid, until: until - by }))
  }
}

const own = { sub: '1', jti: 'a-unique-id' }

for (const mode of modes) {
  t.test(`${mode}: T5: a token goes on through the first key file and two rotations, in two running processes`, async t => {
    const file = keyFile(t)
    const settings = { JWT_SECRET_KEY: SECRET, JWT_KEYS_FILE: file }
    const [one, two] = (await Promise.all([build(t, mode, settings), build(t, mode, settings)])).map(({ app }) => app.signer)
    if (one === undefined || two === undefined) throw new Error('no services')
    const tokens = [one.sign(own)]
    let set = createKeySet(SECRET, moment('EdDSA'))
    for (const change of [() => set, () => rotateKeySet(set, moment('EdDSA')), () => rotateKeySet(set, moment('ES256'))]) {
      set = change()
      writeKeyFile(file, set)
      const { kid, alg } = keyOf(set, 'current')
      await until(() => [one, two].every(({ sign }) => part(sign(own), 0).kid === kid))
      tokens.push(one.sign(own), two.sign(own))
      t.equal(part(one.sign(own), 0).alg, alg)
      for (const token of tokens) for (const { verify } of [one, two]) t.match(verify(token), own)
      t.same(one.publicKeys().map(({ kid }) => kid).sort(), set.keys.map(({ kid }) => kid).sort())
    }
    t.equal(new Set(tokens.map(token => part(token, 0).kid)).size, 4)
    t.equal(one.generation, 0, 'nothing was lost')
  })

  t.test(`${mode}: a key that is revoked ends its tokens in a running process, and those who remember tokens are told`, async t => {
    const { file, set, settings } = withKeys(t, 'EdDSA')
    const { signer } = (await build(t, mode, settings)).app
    const token = signer.sign(own)
    let told = 0
    const end = signer.onChange(() => { told++ })
    const without = revokeKey(set, keyOf(set, 'current').kid, moment('EdDSA'))
    if (without === undefined) throw new Error('no such key')
    writeKeyFile(file, without)
    await until(() => signer.generation > 0)
    t.throws(() => signer.verify(token))
    t.equal(part(signer.sign(own), 0).kid, keyOf(set, 'next').kid, 'the next key signs')
    t.equal(told, 1)
    end()
    writeKeyFile(file, createKeySet(SECRET, moment('EdDSA')))
    await until(() => signer.generation > 1)
    t.equal(told, 1)
  })
}

t.test('T5: a former key is accepted until its tokens have expired, and no longer, though nobody changes the file', async t => {
  const rotated = rotateKeySet(createKeySet(SECRET, moment('ES256')), moment('ES256'))
  const { settings } = withKeys(t, 'ES256', rotated)
  const { kid, until: end = 0 } = keyOf(rotated, 'previous')
  let now = (end - 1) * 1_000
  const { signer } = (await build(t, 'embedded', settings, { wallClock: () => now })).app
  t.ok(signer.publicKeys().some(key => key.kid === kid))
  now += 1_000
  await until(() => signer.generation > 0)
  t.notOk(signer.publicKeys().some(key => key.kid === kid))
})

t.test('T1, T5: tokens under JWT_SECRET_KEY are accepted while they may live, and then HS256 is not at all', async t => {
  const set = createKeySet(SECRET, moment('EdDSA'))
  const old = [forge({ alg: 'HS256' }, claims(), hmac(SECRET)), forge({ alg: 'HS256', kid: secretId(SECRET) }, claims(), hmac(SECRET))]
  const during = (await build(t, 'embedded', withKeys(t, 'EdDSA', set).settings)).app.signer
  for (const token of old) t.match(during.verify(token), own, 'also without an id, as earlier versions issued them')
  const after = (await build(t, 'embedded', withKeys(t, 'EdDSA', aged(set, LIFETIME + 60)).settings)).app.signer
  for (const token of old) t.throws(() => after.verify(token))
  t.match(after.verify(after.sign(own)), own)
  const elsewhere = (await build(t, 'embedded', { ...withKeys(t, 'EdDSA', set).settings, JWT_SECRET_KEY: 'another secret: 1b7de9a2c5f80436' })).app.signer
  for (const token of old) t.throws(() => elsewhere.verify(token), 'another secret than the one that signed')
})

t.test('a file that cannot be used, or is gone, leaves the keys as they are, with one line in the log; a good one is used again', async t => {
  const { file, set, settings } = withKeys(t, 'EdDSA')
  const { app: { signer }, log } = await build(t, 'embedded', settings)
  const token = signer.sign(own)
  writeFileSync(file, 'TOPSECRET')
  await until(() => log().includes('JWT_KEYS_FILE is not a JWK Set'))
  t.match(signer.verify(token), own)
  t.notOk(log().includes('TOPSECRET'))
  const rotated = rotateKeySet(set, moment('EdDSA'))
  writeKeyFile(file, rotated)
  await until(() => part(signer.sign(own), 0).kid === keyOf(rotated, 'current').kid)
  t.match(signer.verify(token), own)
  t.equal(log().split('going on with the keys read before').length, 2, 'told once')
  t.ok(Number(part(token, 1).exp) - seconds() > LIFETIME - 60)
})
