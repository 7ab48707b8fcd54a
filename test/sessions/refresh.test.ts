import t from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const HOUR = 3_600_000

const check = ({ get }: World, token: string): Promise<Answer> => get('/CheckJWTToken', bearer(token))
const refresh = ({ post }: World, token: string): Promise<Answer> => post('/Auth/Refresh', undefined, bearer(token))
const tokenIn = ({ body }: Answer): string => String(body.Token)
const claimsOf = (token: string): Record<string, unknown> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

for (const mode of modes) {
  t.test(`${mode}: a refresh gives a new token of the same session, and the old one is good for thirty seconds more`, async t => {
    let now = Math.ceil(Date.now() / 1_000) * 1_000
    const world = await build(t, mode, {}, { wallClock: () => now })
    await world.register(alice)
    const old = await world.login(alice)
    now += HOUR
    const answer = await refresh(world, old)
    t.match(answer, { status: 200, body: { Code: 200, UserID: 1, Token: String } })
    const token = tokenIn(answer)
    t.not(token, old)
    t.equal(claimsOf(token).sid, claimsOf(old).sid)
    t.ok(Number(claimsOf(token).exp) >= Number(claimsOf(old).exp) + HOUR / 1000, 'it lives as long as any, from now on')
    for (const each of [old, token]) t.match(await check(world, each), { status: 200 })
    now += 29_999
    for (const each of [old, token]) t.match(await check(world, each), { status: 200 })
    now += 1
    t.match(await check(world, old), { status: 401 })
    t.match(await check(world, token), { status: 200 })
  })

  t.test(`${mode}: T6: a token that was replaced and comes back later ends its session, and that is an event`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const stolen = await world.login(alice)
    const token = tokenIn(await refresh(world, stolen))
    const elsewhere = await world.login(alice)
    await world.pass(31_000)
    t.match(await check(world, token), { status: 200 })
    t.match(await refresh(world, stolen), { status: 401, body: { Code: 401 } })
    t.match(await check(world, token), { status: 401 }, 'for the thief and for the owner')
    t.match(await refresh(world, token), { status: 401 })
    t.match(await check(world, elsewhere), { status: 200 }, 'other logins go on')
    await world.app.events.flush()
    t.match(await world.rows("SELECT Outcome, Reason, UserID FROM Events WHERE Type = 'refresh'"), [{ Outcome: 'failure', Reason: 'replayed', UserID: 1 }])
  })

  t.test(`${mode}: a refresh whose answer was lost can be repeated for thirty seconds`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const old = await world.login(alice)
    const lost = tokenIn(await refresh(world, old))
    const again = await refresh(world, old)
    t.match(again, { body: { Code: 200 } })
    for (const each of [lost, tokenIn(again)]) t.match(await check(world, each), { status: 200 })
    const next = await refresh(world, lost)
    t.match(next, { body: { Code: 200 } }, 'either goes on')
    await world.pass(31_000)
    t.match(await check(world, tokenIn(next)), { status: 200 })
    t.match(await check(world, tokenIn(again)), { status: 401 })
  })

  t.test(`${mode}: of twenty refreshes at once with one token, each gives a good token, and the session has one generation more`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const old = await world.login(alice)
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(world, old)))
    for (const answer of answers) t.match(await check(world, tokenIn(answer)), { status: 200 })
    t.equal(new Set(answers.map(tokenIn)).size, 20)
    t.same(await world.rows('SELECT Generation FROM Sessions'), [{ Generation: 1 }])
  })

  t.test(`${mode}: T10: refreshed or not, a session ends SESSION_EXPIRES_IN after its login`, async t => {
    const world = await build(t, mode, { JWT_EXPIRES_IN: '1h', SESSION_EXPIRES_IN: '2h' })
    await world.register(alice)
    let token = await world.login(alice)
    for (let i = 0; i < 3; i++) {
      await world.pass(0.55 * HOUR)
      const answer = await refresh(world, token)
      t.match(answer, { body: { Code: 200 } })
      token = tokenIn(answer)
    }
    const { iat, exp } = claimsOf(token)
    t.ok(Number(exp) - Number(iat) < 0.4 * 3_600, 'the last token lives only as long as the session')
    await world.pass(0.36 * HOUR)
    t.match(await check(world, token), { status: 401 })
    t.match(await refresh(world, token), { status: 401 })
  })

  t.test(`${mode}: what is over cannot be refreshed`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    await world.post('/Auth/Logout', undefined, bearer(token))
    t.match(await refresh(world, token), { status: 401 })
    for (const wrong of ['', 'x', `${token}x`, token.split('.').slice(0, 2).join('.')]) t.match(await refresh(world, wrong), { status: 401 })
  })
}
