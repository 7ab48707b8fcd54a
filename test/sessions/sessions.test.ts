import t from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }

const check = ({ get }: World, token: string): Promise<Answer> => get('/CheckJWTToken', bearer(token))
const list = async ({ get }: World, token: string): Promise<Array<Record<string, unknown>>> => (await get('/Auth/Sessions', bearer(token))).body.Sessions as Array<Record<string, unknown>>

for (const mode of modes) {
  t.test(`${mode}: T6: a logout ends the token of its session at once and no other`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [phone, laptop] = [await world.login(alice), await world.login(alice)]
    t.match(await check(world, phone), { status: 200 })
    t.match(await world.post('/Auth/Logout', undefined, bearer(phone)), { status: 200, body: { Code: 200 } })
    t.match(await check(world, phone), { status: 401, body: { Code: 401 }, headers: { 'www-authenticate': /invalid_token/ } })
    t.match(await world.post('/Auth/Logout', {}, bearer(phone)), { status: 401 })
    t.match(await check(world, laptop), { status: 200 })
  })

  t.test(`${mode}: T10: a logout with All ends every session of the account, and of no other`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.register(bob)
    const tokens = [await world.login(alice), await world.login(alice), await world.login(alice)]
    const other = await world.login(bob)
    for (const token of tokens) t.match(await check(world, token), { status: 200 })
    t.match(await world.post('/Auth/Logout', { All: true }, bearer(tokens[0] ?? '')), { body: { Code: 200 } })
    for (const token of tokens) t.match(await check(world, token), { status: 401 })
    t.match(await check(world, other), { status: 200 })
    t.match(await check(world, await world.login(alice)), { status: 200 }, 'and a new login is good')
  })

  t.test(`${mode}: sessions are listed with where and when, the asking one marked, and end one by one`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.register(bob)
    const first = await world.login(alice)
    const second = String((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from: '2001:db8:1:2:3::4', headers: { 'user-agent': 'Phone\u202e\t1.0' } })).body.Token)
    const other = await world.login(bob)
    const sessions = await list(world, second)
    t.equal(sessions.length, 2)
    const [mine] = sessions.filter(({ Current }) => Current === true)
    t.match(mine, { SessionID: /^[0-9a-f-]{36}$/, Network: '2001:db8:1:2::/64', UserAgent: /^Phone/, CreatedAt: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, LastSeenAt: /Z$/, ExpiresAt: /Z$/ })
    t.notMatch(mine?.UserAgent, /[\u202e\t]/)
    const foreign = (await list(world, other))[0]?.SessionID
    t.match(await world.remove(`/Auth/Sessions/${String(foreign)}`, undefined, bearer(second)), { status: 200, body: { Code: 201 } }, 'somebody else\'s is none of theirs')
    t.match(await check(world, other), { status: 200 })
    const old = sessions.find(({ Current }) => Current === false)?.SessionID
    t.match(await world.remove(`/Auth/Sessions/${String(old)}`, undefined, bearer(second)), { body: { Code: 200 } })
    t.match(await check(world, first), { status: 401 })
    t.match(await world.remove(`/Auth/Sessions/${String(old)}`, undefined, bearer(second)), { body: { Code: 201 } }, 'once')
    t.equal((await list(world, second)).length, 1)
    t.match(await world.remove('/Auth/Sessions/not-an-id', undefined, bearer(second)), { status: 400, body: { Details: [{ Field: 'SessionID' }] } })
  })

  t.test(`${mode}: T10: a token lives as long as was set, and its session is off the list then`, async t => {
    let now = Math.ceil(Date.now() / 1_000) * 1_000
    const world = await build(t, mode, { JWT_EXPIRES_IN: '1h' }, { wallClock: () => now })
    await world.register(alice)
    const token = await world.login(alice)
    t.match(await check(world, token), { status: 200 })
    now += 3_599_000
    t.match(await check(world, token), { status: 200 })
    now += 1_000
    t.match(await check(world, token), { status: 401 })
    t.same(await list(world, await world.login(alice)).then(sessions => sessions.length), 1)
  })

  t.test(`${mode}: whoever has no token is told so before anything else`, async t => {
    const { get, post, remove } = await build(t, mode)
    for (const [ask, url] of [[get, '/Auth/Sessions'], [get, '/Auth/Account']] as const) t.match(await ask(url), { status: 401, body: { Code: 401 }, headers: { 'www-authenticate': /^Bearer/ } }, url)
    for (const url of ['/Auth/Logout', '/Auth/Refresh', '/Auth/ChangePassword', '/Auth/ChangeEmail', '/Auth/ConfirmEmail']) t.match(await post(url, '{"no JSON'), { status: 401 }, url)
    t.match(await remove('/Auth/Account', { Password: 'x' }), { status: 401 })
    t.match(await remove('/Auth/Sessions/x'), { status: 401 })
  })
}

for (const mode of modes) {
  t.test(`${mode}: an account has a hundred sessions at most: with one more the oldest ends`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const first = await world.login(alice)
    t.match(await check(world, first), { status: 200 })
    await world.rows("UPDATE Sessions SET CreatedAt = '2026-01-01 00:00:00'")
    const second = await world.login(alice)
    const [row] = await world.rows("SELECT * FROM Sessions WHERE CreatedAt > '2026-01-01 00:00:00'")
    for (let i = 0; i < 98; i++) await world.rows(`INSERT INTO Sessions (SessionID, UserID, TokenVersion, Generation, CreatedAt, LastSeenAt, ExpiresAt, Network, UserAgent) VALUES ('00000000-0000-4000-8000-${String(i).padStart(12, '0')}', 1, ${String(row?.TokenVersion)}, 0, '2026-02-01 00:00:00', '2026-02-01 00:00:00', '2036-01-01 00:00:00', '', '')`)
    t.match(await check(world, first), { status: 200 }, 'with a hundred')
    const last = await world.login(alice)
    t.match(await check(world, first), { status: 401 }, 'and one more')
    for (const token of [second, last]) t.match(await check(world, token), { status: 200 })
    t.equal((await list(world, last)).length, 100)
  })

  t.test(`${mode}: T9: a token spelt in many ways is remembered in one`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ', 'bEaReR   ']) t.match(await world.get('/CheckJWTToken', { headers: { authorization: scheme + token } }), { status: 200 }, scheme)
    t.ok(world.app.tokens.known(`Bearer ${token}`))
    t.equal(world.app.tokens.known(`BEARER  ${token}`), undefined)
    await world.post('/Auth/Logout', undefined, { headers: { authorization: `bearer ${token}` } })
    for (const scheme of ['Bearer ', 'bearer ', 'BEARER  ']) t.match(await world.get('/CheckJWTToken', { headers: { authorization: scheme + token } }), { status: 401 }, scheme)
  })
}
