import { createPublicKey, verify } from 'node:crypto'
import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { createKeySet, rotateKeySet, type KeySet } from '../../src/keys/key-set.ts'
import { part } from '../support/forge.ts'
import { keyOf, moment, SECRET, withKeys } from '../support/keys.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const PATH = '/.well-known/jwks.json'

for (const mode of modes) {
  for (const alg of ['EdDSA', 'ES256'] as const) {
    t.test(`${mode}: ${alg}: another service can check a token of a login by the published keys, through a rotation`, async t => {
      const set = rotateKeySet(createKeySet(SECRET, moment(alg)), moment(alg))
      const { settings } = withKeys(t, alg, set)
      const world = await build(t, mode, settings)
      await world.register(alice)
      const token = await world.login(alice)
      const { status, headers, text } = await world.get(PATH)
      t.match({ status, headers }, { status: 200, headers: { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' } })
      const { keys }: { keys: Array<Record<string, string>> } = JSON.parse(text)
      t.same(keys.map(({ kid }) => kid).sort(), set.keys.map(({ kid }) => kid).sort(), 'next, current and previous')
      for (const key of keys) t.same(Object.keys(key).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', ...alg === 'ES256' ? ['y'] : []], 'no private member')
      t.match(part(token, 0), { alg, typ: 'at+jwt', kid: keyOf(set, 'current').kid })
      const key = keys.find(({ kid }) => kid === part(token, 0).kid) ?? {}
      const [header = '', payload = '', signature = ''] = token.split('.')
      t.ok(verify(alg === 'EdDSA' ? null : 'sha256', Buffer.from(`${header}.${payload}`), { key: createPublicKey({ key, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url')))
      t.match(await world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } }), { status: 200 })
    })
  }
}

t.test('T1: a secret is never published', async t => {
  t.equal((await (await build(t, 'embedded')).get(PATH)).text, '{"keys":[]}', 'without a key file')
  t.equal((await (await build(t, 'embedded', withKeys(t, 'HS256').settings)).get(PATH)).text, '{"keys":[]}', 'with one of secrets')
  const mixed: KeySet = rotateKeySet(createKeySet(SECRET, moment('HS256')), moment('ES256'))
  const { text } = await (await build(t, 'embedded', withKeys(t, 'ES256', mixed).settings)).get(PATH)
  t.same(JSON.parse(text).keys.map(({ kid }: { kid: string }) => kid), [keyOf(mixed, 'next').kid], 'with one of both')
  for (const { members: { k, d } } of mixed.keys) for (const secret of [k, d]) if (secret !== undefined) t.notOk(text.includes(secret))
})

t.test('the keys are readable from any origin, also where others are listed, and by HEAD; an error is not kept', async t => {
  const world = await build(t, 'embedded', { ...withKeys(t, 'EdDSA').settings, CORS_ORIGIN: 'https://app.example.com' })
  t.equal((await world.get(PATH, { headers: { origin: 'https://elsewhere.example' } })).headers['access-control-allow-origin'], '*')
  t.equal((await world.app.inject({ method: 'HEAD', url: PATH })).statusCode, 200)
  Object.defineProperty(world.app.signer, 'publicKeys', { value: () => { throw new Error('a mistake') } })
  t.match(await world.get(PATH), { status: 500, headers: { 'cache-control': 'no-store' } })
})
