import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, modes, type World } from '../helper.ts'
import { ANSWER_MS, askEverything, credentialsOf, network, newPerson, RECOVERY_MS, until, type Network } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a network to lose'
const alice = newPerson()
const login = credentialsOf(alice)

// They wait most of the time, so they wait together.
t.jobs = 4

/** A service with an account, behind a network that can fail. */
async function behindNetwork (t: Test, settings: Record<string, string> = {}): Promise<{ world: World, net: Network, token: string }> {
  const net = await network(t, Number(process.env.TEST_DB_PORT))
  const world = await build(t, 'server', { ...settings, DB_PORT: String(net.port) })
  await world.register(alice)
  return { world, net, token: await world.login(login) }
}

async function recovered (t: Test, world: World, net: Network): Promise<void> {
  await net.pass()
  const ms = await until(async () => (await world.post('/Auth/Login', login)).body.Code === 200)
  t.ok(ms < RECOVERY_MS, `logins again after ${Math.round(ms)} ms`)
  await until(async () => (await world.get('/health')).status === 200)
}

for (const fault of ['hold', 'refuse'] as const) {
  t.test(`D1, D2: a database behind a network that would ${fault}: 510 in time on every route, and recovery`, { skip, buffered: true }, async t => {
    const { world, net, token } = await behindNetwork(t)
    for (let round = 1; round <= 2; round++) {
      await net[fault]()
      for (const reply of await askEverything(world, alice, token)) t.match(reply, { code: 510, status: 503, retryAfter: true, late: false }, `${reply.route}, round ${round}`)
      await until(async () => (await world.get('/health')).status === 503)
      t.match(await world.get('/health'), { status: 503, headers: { 'retry-after': /\d/ }, body: { Code: 510, Status: 'down', Checks: { Database: { Status: 'down' }, Redis: { Status: 'up' } } } })
      t.match(await world.get('/health/live'), { status: 200, body: { Code: 200 } })
      await recovered(t, world, net)
    }
    t.match(await patiently(() => world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })), { status: 200 }, 'a token lives through it')
  })

  t.test(`${fault}: app.close() does not wait for a database that does not answer`, { skip, buffered: true }, async t => {
    const { world, net } = await behindNetwork(t)
    const asked = world.post('/Auth/Login', login)
    await net[fault]()
    const took = stopwatch()
    await Promise.all([world.app.close(), asked])
    t.ok(took() < ANSWER_MS)
  })

  t.test(`S3: health follows a database that is lost by ${fault}`, { skip, buffered: true }, async t => {
    const { world, net } = await behindNetwork(t)
    await until(async () => (await world.get('/health')).status === 200)
    await net[fault]()
    await until(async () => (await world.get('/health')).status === 503)
    await net.pass()
    const ms = await until(async () => (await world.get('/health')).status === 200)
    t.ok(ms < RECOVERY_MS, `${Math.round(ms)} ms`)
  })
}

for (const HIDE_ACCOUNTS of ['false', 'true']) {
  t.test(`a Verify that fails with 510 leaves the code usable, HIDE_ACCOUNTS=${HIDE_ACCOUNTS}`, { skip, buffered: true }, async t => {
    const { world, net } = await behindNetwork(t, { HIDE_ACCOUNTS })
    const bob = newPerson()
    t.match(await patiently(() => world.post('/Auth/Sign', bob)), { body: { Code: 200 } })
    const verify = { ...bob, VerifyCode: await world.codeFor(bob.Email) }
    await net.refuse()
    // More often than a code has tries.
    for (let i = 0; i < 6; i++) t.match(await patiently(() => world.post('/Auth/Verify', verify), 510), { body: { Code: 510 } })
    await recovered(t, world, net)
    t.match(await patiently(() => world.post('/Auth/Verify', verify)), { body: { Code: 200 } })
    t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(bob))), { body: { Code: 200 } })
  })
}

t.test('connections that were cut while idle are not noticed by anybody', { skip, buffered: true }, async t => {
  const { world, net, token } = await behindNetwork(t)
  await Promise.all(Array.from({ length: 5 }, () => world.post('/Auth/Login', login)))
  net.cut()
  await until(async () => (await world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })).status === 200, ANSWER_MS)
  t.match(await patiently(() => world.post('/Auth/Login', login)), { body: { Code: 200 } })
})

t.test('a table that is locked by somebody else: 510 in time, and recovery', { skip, buffered: true }, async t => {
  const { world, token } = await behindNetwork(t)
  const other = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root', database: world.config.DB_NAME })
  t.teardown(() => { other.destroy() })
  await other.query('LOCK TABLES Users WRITE')
  // Reset and Update look the account up, Sign and Verify whether it is taken: all of them read the table.
  for (const reply of await askEverything(world, alice, token)) t.match(reply, { code: 510, status: 503, late: false }, reply.route)
  await other.query('UNLOCK TABLES')
  const ms = await until(async () => (await world.post('/Auth/Login', login)).body.Code === 200)
  t.ok(ms < RECOVERY_MS)
})
