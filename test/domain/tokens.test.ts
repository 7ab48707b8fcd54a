import { createHmac, createSign, generateKeyPairSync } from 'node:crypto'
import { createServer } from 'node:http'
import t, { type Test } from 'tap'
import { build, digest, modes, type Answer, type Mode } from '../helper.ts'

type Json = Record<string, unknown>

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }
const encode = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')
const now = (): number => Math.floor(Date.now() / 1000)

interface Forge { header?: Json, claims?: Json, key?: string, algorithm?: string }

/** A world with Alice and Bob in it, what makes tokens like its own, and who asks with them. */
async function world (t: Test, mode: Mode) {
  const world = await build(t, mode)
  await world.register(alice)
  await world.register(bob)
  const sid = async (person: typeof alice): Promise<unknown> => claimsOf(await world.login(person)).sid
  const [hers, his] = [await sid(alice), await sid(bob)]
  const check = (token: string): Promise<Answer> => world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })
  /** A token that is right in every respect but those given; a claim that is `undefined` is left out. */
  const token = ({ header, claims, key = world.config.JWT_SECRET_KEY, algorithm = 'sha256' }: Forge = {}): string => {
    const signed = `${encode({ alg: 'HS256', typ: 'at+jwt', ...header })}.${encode({ sub: '1', sid: hers, gen: 0, jti: 'a-unique-id', iss: 'dream', aud: 'dream', iat: now(), exp: now() + 60, ...claims })}`
    return `${signed}.${createHmac(algorithm, key).update(signed).digest('base64url')}`
  }
  const refused = async (t: Test, sent: string, why: string): Promise<void> => {
    t.match(await check(sent), { status: 401, body: { Code: 401 }, headers: { 'www-authenticate': /^Bearer .*error="invalid_token"/, 'x-auth-user-id': undefined } }, why)
  }
  t.match(await check(token()), { status: 200, headers: { 'x-auth-user-id': '1', 'x-auth-role': 'user' } }, 'a token made like this is accepted')
  return { world, check, token, refused, his }
}

function claimsOf (token: string, part = 1): Json {
  return JSON.parse(Buffer.from(token.split('.')[part] ?? '', 'base64url').toString())
}

for (const mode of modes) {
  t.test(`${mode}: T3, T7, T10: a token carries its type and every claim, lives as long as was set, and tells nothing about the person`, async t => {
    const { world: { login } } = await world(t, mode)
    const [first, second] = [await login(alice), await login(alice)]
    t.match(claimsOf(first, 0), { alg: 'HS256', typ: 'at+jwt', kid: /^[0-9a-f]{16}$/ })
    t.same(Object.keys(claimsOf(first, 0)).sort(), ['alg', 'kid', 'typ'])
    const { iat, exp, jti, sid, ...rest } = claimsOf(first)
    t.same(rest, { sub: '1', gen: 0, iss: 'dream', aud: 'dream' })
    t.match(sid, /^[0-9a-f-]{36}$/)
    t.equal(Number(exp) - Number(iat), 7 * 24 * 60 * 60)
    t.ok(Math.abs(Number(iat) - now()) < 60)
    t.match(jti, /^[0-9a-f-]{36}$/)
    t.not(claimsOf(second).jti, jti, 'and no two tokens are the same')
  })

  t.test(`${mode}: T1: only HS256 under our own key is accepted`, async t => {
    const { token, refused, world: { config } } = await world(t, mode)
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = publicKey.export({ type: 'spki', format: 'pem' })
    const unsigned = (alg: unknown): string => `${token({ header: { alg } }).split('.').slice(0, 2).join('.')}.`
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '', null, 0, undefined]) {
      await refused(t, unsigned(alg), `${String(alg)}, without a signature`)
      await refused(t, token({ header: { alg } }), `${String(alg)}, with one`)
    }
    await refused(t, unsigned('HS256'), 'HS256 without a signature')
    for (const [alg, algorithm] of [['HS384', 'sha384'], ['HS512', 'sha512']] as const) await refused(t, token({ header: { alg }, algorithm }), `${alg} under our key`)
    for (const alg of ['RS256', 'ES256', 'PS256', 'EdDSA', 'hs256', ['HS256']]) await refused(t, token({ header: { alg } }), `${String(alg)} over an HMAC of our key`)
    const signed = token({ header: { alg: 'RS256' } }).split('.').slice(0, 2).join('.')
    await refused(t, `${signed}.${createSign('sha256').update(signed).sign(privateKey, 'base64url')}`, 'a signature by a key of the sender')
    await refused(t, token({ key: String(pem) }), 'an HMAC under a public key')
    for (const key of ['', 'a key of somebody else: 77aa10c4', config.JWT_SECRET_KEY.slice(1), `${config.JWT_SECRET_KEY} `]) await refused(t, token({ key }), `key ${key.length}`)
  })

  t.test(`${mode}: T1: a token altered in any part is refused`, async t => {
    const { token, refused } = await world(t, mode)
    const [header = '', claims = '', signature = ''] = token().split('.')
    await refused(t, `${header}.${encode({ ...claimsOf(token()), sub: '2' })}.${signature}`, 'another account')
    await refused(t, `${encode({ alg: 'HS256', typ: 'at+jwt', x: 1 })}.${claims}.${signature}`, 'another header')
    await refused(t, `${header}.${claims}.${signature.replace(/^./, first => first === 'A' ? 'B' : 'A')}`, 'another signature')
    await refused(t, `${header}.${claims}.${signature.slice(0, -1)}`, 'a signature cut short')
    await refused(t, `${header}.${claims}.${signature}AAAA`, 'a signature made longer')
  })

  t.test(`${mode}: T3: every claim must be there and of its type`, async t => {
    const { token, refused } = await world(t, mode)
    const strange: Record<string, unknown[]> = {
      exp: [undefined, null, 'tomorrow', String(now() + 60), [now() + 60], {}, true, now() - 1, 0, -1],
      iat: [undefined, null, 'yesterday', String(now()), [now()], {}, true],
      iss: [undefined, null, '', 'nightmare', 'DREAM', 1, ['dream'], {}],
      aud: [undefined, null, '', 'nightmare', 1, ['nightmare'], [], {}],
      sub: [undefined, null, '', 1, '0', '-1', '01', '1.0', '1e0', ' 1', '1 ', '0x1', '1\n', '９', ['1'], {}, true, '99999999999999999999', 'alice@example.com'],
      jti: [undefined, null, '', 1, ['a-unique-id'], {}],
      gen: [undefined, null, '0', 0.5, -1, 1, [0], {}, false],
      sid: [undefined, null, '', 0, '0', 'x'.repeat(36), '00000000-0000-4000-8000-000000000000', [], {}, true]
    }
    for (const [claim, values] of Object.entries(strange)) {
      for (const value of values) await refused(t, token({ claims: { [claim]: value } }), `${claim}: ${JSON.stringify(value)}`)
    }
    await refused(t, token({ claims: { nbf: now() + 60 } }), 'not valid yet')
  })

  t.test(`${mode}: T4: a key or its address in the token is ignored, and nobody calls there`, async t => {
    let calls = 0
    const server = createServer((_request, response) => { calls++; response.end('{}') })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    t.teardown(() => { server.close() })
    const address = server.address()
    const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`
    const { token, refused, check } = await world(t, mode)
    const theirs = 'a key of the sender: 1c09d3b8'
    const jwk = { kty: 'oct', alg: 'HS256', k: Buffer.from(theirs).toString('base64url') }
    for (const header of [{ jwk }, { jku: url }, { x5u: url }, { x5c: ['AAAA'] }]) {
      await refused(t, token({ header, key: theirs }), `${Object.keys(header).join()} does not bring a key in`)
      t.match(await check(token({ header })), { status: 200 }, `${Object.keys(header).join()} changes nothing for a token of ours`)
    }
    for (const header of [{ jku: url, kid: 'theirs' }, { kid: '../../../dev/null' }]) {
      await refused(t, token({ header, key: theirs }), `${header.kid} is no key of ours`)
      await refused(t, token({ header }), `${header.kid} is not the id of our key either`)
    }
    t.equal(calls, 0)
  })

  t.test(`${mode}: T4: a critical extension is refused, as we understand none`, async t => {
    const { token, refused } = await world(t, mode)
    for (const header of [{ crit: ['exp'], exp: 1 }, { crit: ['b64'], b64: false }, { crit: ['unknown'], unknown: 1 }, { crit: ['unknown'] }, { crit: [] }, { crit: 'exp' }, { crit: ['alg'] }, { crit: {} }]) {
      await refused(t, token({ header }), JSON.stringify(header))
    }
  })

  t.test(`${mode}: T7: only a token of the type at+jwt is an access token`, async t => {
    const { token, refused } = await world(t, mode)
    for (const typ of [undefined, null, '', 'JWT', 'rt+jwt', 'at', 'dpop+jwt', 'xat+jwt', ['at+jwt'], 1]) await refused(t, token({ header: { typ } }), JSON.stringify(typ))
  })

  t.test(`${mode}: T6: a session is good for its own account alone, and no generation but the current one is`, async t => {
    const { world: { post }, token, refused, check, his } = await world(t, mode)
    t.match(await check(token({ claims: { sub: '2', sid: his } })), { status: 200, headers: { 'x-auth-user-id': '2' } })
    await refused(t, token({ claims: { sub: '1', sid: his } }), 'one of another account')
    await refused(t, token({ claims: { sub: '2', sid: his, gen: 1 } }), 'a generation to come')
    await refused(t, token({ claims: { sub: '3' } }), 'an account that does not exist')
    for (let i = 0; i < 2; i++) await post('/Auth/Refresh', undefined, { headers: { authorization: `Bearer ${token({ claims: { gen: i } })}` } })
    t.match(await check(token({ claims: { gen: 2 } })), { status: 200 })
    t.match(await check(token({ claims: { gen: 1 } })), { status: 200 }, 'for a while')
    await refused(t, token({ claims: { gen: 0 } }), 'the one before')
  })
}
