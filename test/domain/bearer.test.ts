import t, { type Test } from 'tap'
import { bearer, build, digest, modes, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

async function signedIn (t: Test, mode: World['mode']): Promise<{ world: World, token: string }> {
  const world = await build(t, mode)
  await world.register(alice)
  return { world, token: await world.login(alice) }
}

for (const mode of modes) {
  t.test(`${mode}: T8: without a token the challenge names no error; with a bad one it does (RFC 6750, section 3.1)`, async t => {
    const { world } = await signedIn(t, mode)
    const bare = await world.get('/CheckJWTToken')
    t.match(bare, { status: 401, body: { Code: 401, Msg: '认证失败' } })
    t.equal(bare.headers['www-authenticate'], 'Bearer realm="dream"')
    const bad = await world.get('/CheckJWTToken', { headers: { authorization: 'Bearer a.b.c' } })
    t.match(bad, { status: 401, body: { Code: 401 } })
    t.equal(bad.headers['www-authenticate'], 'Bearer realm="dream", error="invalid_token"')
  })

  t.test(`${mode}: T8: another scheme of authentication is as good as none, so the challenge names no error`, async t => {
    const { world } = await signedIn(t, mode)
    for (const authorization of ['Basic YWxpY2U6c2VjcmV0', 'Digest username="alice"']) {
      const answer = await world.get('/CheckJWTToken', { headers: { authorization } })
      t.match(answer, { status: 401, body: { Code: 401 } })
      t.equal(answer.headers['www-authenticate'], 'Bearer realm="dream"', authorization)
    }
  })

  t.test(`${mode}: T8: a token anywhere but in the header is refused`, async t => {
    const { world, token } = await signedIn(t, mode)
    for (const name of ['access_token', 'token', 'Token', 'Authorization', 'jwt']) {
      t.match(await world.get(`/CheckJWTToken?${name}=${token}`), { status: 401, body: { Code: 401 } }, name)
      t.match(await world.get('/CheckJWTToken', { headers: { cookie: `${name}=${token}` } }), { status: 401 }, `cookie ${name}`)
    }
    t.match(await world.get('/CheckJWTToken', { headers: { authorization: token } }), { status: 401 }, 'without the scheme')
    t.match(await world.get('/CheckJWTToken', { headers: { authorization: `Basic ${token}` } }), { status: 401 }, 'under another scheme')
  })

  t.test(`${mode}: the scheme may be written in any case (RFC 9110, section 11.1)`, async t => {
    const { world, token } = await signedIn(t, mode)
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'Bearer ']) {
      t.match(await world.get('/CheckJWTToken', { headers: { authorization: `${scheme} ${token}` } }), { status: 200, headers: { 'x-auth-user-id': '1' } }, scheme)
    }
  })

  t.test(`${mode}: T9: a malformed header is 401, never 500`, async t => {
    const { world, token } = await signedIn(t, mode)
    const [header = '', claims = '', signature = ''] = token.split('.')
    const encode = (text: string | Buffer): string => Buffer.from(text).toString('base64url')
    const malformed = [
      '', ' ', 'Bearer', 'Bearer ', 'Bearer  ', 'Bearer null', 'Bearer undefined', 'Bearer a', 'Bearer a.b', 'Bearer a.b.c.d', 'Bearer ..', 'Bearer .b.c', 'Bearer a..c',
      `Bearer ${token} ${token}`, `Bearer ${token},Bearer ${token}`, `Bearer "${token}"`, `Bearer ${token}.`, `Bearer ${token}=`, `Bearer ${header}.${claims}`, `Bearer\t${token}`, `BearerX ${token}`,
      `Bearer ${header}+/.${claims}.${signature}`, `Bearer ${header}.${claims}.${signature}\u00E9`, 'Bearer \u00FF.\u00FF.\u00FF',
      ...['null', '[]', '1', '"at+jwt"', '{', '{}', '{"alg":null}', '{"__proto__":{"alg":"none"}}', '['.repeat(600)].map(json => `Bearer ${encode(json)}.${claims}.${signature}`),
      ...['null', '[]', '1', '{', '{}', '{"sub":{"toString":1}}', '['.repeat(600)].map(json => `Bearer ${header}.${encode(json)}.${signature}`),
      `Bearer ${encode(Buffer.from([0xFF, 0xFE, 0x00]))}.${claims}.${signature}`,
      `Bearer ${'a'.repeat(3_000)}.b.c`, `Bearer ${'a.'.repeat(1_500)}`, ' '.repeat(3_000), `Bearer${' '.repeat(3_000)}x`
    ]
    for (const authorization of malformed) t.match(await world.get('/CheckJWTToken', { headers: { authorization } }), { status: 401, body: { Code: 401 } }, JSON.stringify(authorization.slice(0, 60)))
  })
}

t.test('a token is refused from the second it expires', async t => {
  let time = Math.ceil(Date.now() / 1_000) * 1_000
  const world = await build(t, 'embedded', { JWT_EXPIRES_IN: '1h' }, { wallClock: () => time })
  await world.register(alice)
  const authorization = `Bearer ${await world.login(alice)}`
  time += 3_599_999
  t.match(await world.get('/CheckJWTToken', { headers: { authorization } }), { status: 200 })
  time += 1
  t.match(await world.get('/CheckJWTToken', { headers: { authorization } }), { status: 401, body: { Code: 401 } })
})

t.test('T2, T3: a token of a service with another key, issuer or audience is refused', async t => {
  const { token } = await signedIn(t, 'embedded')
  for (const settings of [{}, { JWT_ISSUER: 'nightmare' }, { JWT_AUDIENCE: 'nightmare' }]) {
    const key = 'the same key for both: 31c8a07bd96e'
    const [ours, other] = [await build(t, 'embedded', { JWT_SECRET_KEY: key }), await build(t, 'embedded', { JWT_SECRET_KEY: key, ...settings })]
    for (const { register } of [ours, other]) await register(alice)
    const foreign = await other.login(alice)
    await ours.login(alice)
    // As if the sessions were one.
    await ours.rows(`UPDATE Sessions SET SessionID = '${String(other.app.tokens.read(`Bearer ${foreign}`).sid)}'`)
    t.match(await ours.get('/CheckJWTToken', bearer(foreign)), { status: Object.keys(settings).length === 0 ? 200 : 401 }, JSON.stringify(settings))
    t.match(await ours.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } }), { status: 401 }, 'another key')
  }
})
