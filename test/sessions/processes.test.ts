import t, { type Test } from 'tap'
import { bearer, build, deployment, digest, modes, type Answer, type World } from '../helper.ts'
import { network, until, type Network } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'embedded mode is one process'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
/** The promise is one second; the machine may be busy. */
const TOLD_MS = 2_000

// They wait most of the time, so they wait together.
t.jobs = 3

interface Two { here: World, there: World, redis: Network, database: Network, settings: Record<string, string> }

const check = async ({ get }: World, token: string): Promise<number> => (await get('/CheckJWTToken', bearer(token))).status
const logout = ({ post }: World, token: string): Promise<Answer> => post('/Auth/Logout', undefined, bearer(token))

/** Two processes of one deployment; the network fails the second alone. Alice is registered. */
async function two (t: Test): Promise<Two> {
  const settings = await deployment(t, 'server')
  const [redis, database] = [await network(t, Number(settings.REDIS_PORT)), await network(t, Number(settings.DB_PORT))]
  const here = await build(t, 'server', settings)
  const there = await build(t, 'server', { ...settings, REDIS_PORT: String(redis.port), DB_PORT: String(database.port) })
  await here.register(alice)
  return { here, there, redis, database, settings }
}

/** A token that both processes have found good, and remember. */
async function remembered ({ here, there }: Two, t: Test): Promise<string> {
  const token = await here.login(alice)
  for (const world of [here, there, here, there]) t.equal(await check(world, token), 200)
  return token
}

/** Once it is refused, it stays refused. */
async function refusedForGood (t: Test, world: World, token: string): Promise<void> {
  await until(async () => await check(world, token) === 401, TOLD_MS / 2)
  for (let i = 0; i < 20; i++) t.equal(await check(world, token), 401)
}

const ends: Record<string, (world: World, token: string) => Promise<Answer>> = {
  'a logout': logout,
  'a logout everywhere': ({ post }, token) => post('/Auth/Logout', { All: true }, bearer(token)),
  'the end of one session': async ({ get, remove }, token) => {
    const { body } = await get('/Auth/Sessions', bearer(token))
    const [{ SessionID }] = body.Sessions as [{ SessionID: string }]
    return remove(`/Auth/Sessions/${SessionID}`, undefined, bearer(token))
  },
  'a reset of the password': async ({ post, codeFor }) => {
    await post('/Auth/ResetPassword', { Email: alice.Email })
    return post('/Auth/UpdatePassword', { Email: alice.Email, Password: alice.Password, VerifyCode: await codeFor(alice.Email) })
  },
  'the deletion of the account': ({ remove }, token) => remove('/Auth/Account', { Password: alice.Password }, bearer(token))
}

for (const [what, end] of Object.entries(ends)) {
  t.test(`server: T6: ${what} in one process is known to another that remembers the token`, { skip, buffered: true }, async t => {
    const both = await two(t)
    const token = await remembered(both, t)
    t.match(await end(both.here, token), { body: { Code: 200 } })
    t.equal(await check(both.here, token), 401)
    await refusedForGood(t, both.there, token)
  })
}

t.test('server: T6: a change of the password in one process ends the other sessions in another', { skip, buffered: true }, async t => {
  const both = await two(t)
  const [mine, other] = [await remembered(both, t), await remembered(both, t)]
  t.match(await both.here.post('/Auth/ChangePassword', { OldPassword: alice.Password, NewPassword: digest('a better one') }, bearer(mine)), { body: { Code: 200 } })
  await refusedForGood(t, both.there, other)
  t.equal(await check(both.there, mine), 200)
})

for (const fault of ['hold', 'refuse'] as const) {
  t.test(`server: T9: a process that Redis is cut off from (${fault}) asks the database: what was revoked is refused, what was not is accepted`, { skip, buffered: true }, async t => {
    const both = await two(t)
    const [revoked, live] = [await remembered(both, t), await remembered(both, t)]
    await both.redis[fault]()
    t.match(await logout(both.here, revoked), { body: { Code: 200 } })
    await refusedForGood(t, both.there, revoked)
    t.equal(await check(both.there, live), 200)
    await both.redis.pass()
    await until(async () => (await both.there.get('/health')).status === 200)
    await refusedForGood(t, both.there, revoked)
    t.equal(await check(both.there, live), 200)
  })

  t.test(`server: T9: without Redis and database (${fault}) nothing is accepted that may have been revoked`, { skip, buffered: true }, async t => {
    const both = await two(t)
    const token = await remembered(both, t)
    await both.redis[fault]()
    await both.database[fault]()
    t.match(await logout(both.here, token), { body: { Code: 200 } })
    await until(async () => await check(both.there, token) === 503, TOLD_MS / 2)
    for (let i = 0; i < 3; i++) t.equal(await check(both.there, token), 503)
    await Promise.all([both.redis.pass(), both.database.pass()])
    await until(async () => await check(both.there, token) === 401)
  })
}

t.test('server: T6: what a process cut off from Redis has revoked is told as soon as it is back', { skip, buffered: true }, async t => {
  const both = await two(t)
  const token = await remembered(both, t)
  await both.redis.refuse()
  t.match(await logout(both.there, token), { body: { Code: 200 } })
  t.equal(await check(both.there, token), 401)
  await both.redis.pass()
  await refusedForGood(t, both.here, token)
})

t.test('server: T6: a process that starts anew knows what was revoked before', { skip, buffered: true }, async t => {
  const both = await two(t)
  const [revoked, live] = [await remembered(both, t), await remembered(both, t)]
  await both.there.app.close()
  await logout(both.here, revoked)
  const again = await build(t, 'server', both.settings)
  t.equal(await check(again, revoked), 401)
  t.equal(await check(again, live), 200)
})
