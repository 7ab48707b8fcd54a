import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, digest, modes } from '../helper.ts'
import { ANSWER_MS, network, RECOVERY_MS, until, type Network } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone starts over a network'
const admin = { Email: 'root@example.com', Password: digest('the operator') }

// They wait most of the time, so they wait together.
t.jobs = 6

/**
 * Starts a service although the network is not as it should be: it must listen in time, say what is missing, and recover.
 *
 * @param isLost whether the network has failed by now: on a busy machine a start may listen before it has come to that
 */
async function startsAnyway (t: Test, net: Network, port: 'DB_PORT' | 'REDIS_PORT', isLost = () => true): Promise<void> {
  const missing = port === 'DB_PORT' ? 510 : 512
  const took = stopwatch()
  const world = await build(t, 'server', { [port]: String(net.port), BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password })
  t.ok(took() < 2 * ANSWER_MS, `listens after ${Math.round(took())} ms`)
  await until(async () => {
    const codes = (await Promise.all([world.post('/Auth/Login', admin), world.post('/Auth/Login', admin), world.get('/health')])).map(({ body }) => body.Code)
    return isLost() && codes.every(code => code === missing)
  })
  const answered = stopwatch()
  const [login, health, live] = await Promise.all([world.post('/Auth/Login', admin), world.get('/health'), world.get('/health/live')])
  t.ok(answered() < ANSWER_MS, 'answers in time')
  t.match([login, health, live], [{ status: 503, body: { Code: missing } }, { status: 503, body: { Code: missing } }, { status: 200 }])
  await net.pass()
  // Logins before there is an administrator would be counted as failures, and soon be refused for a minute.
  const made = await until(async () => (await world.rows('SELECT UserID FROM Users')).length > 0)
  const ms = made + await until(async () => (await world.post('/Auth/Login', admin)).body.Code === 202)
  t.ok(ms < RECOVERY_MS, `the administrator logs in after ${Math.round(ms)} ms`)
  await until(async () => (await world.get('/health')).status === 200)
}

for (const [dependency, port, target] of [['database', 'DB_PORT', process.env.TEST_DB_PORT], ['Redis', 'REDIS_PORT', process.env.TEST_REDIS_PORT]] as const) {
  for (const fault of ['refuse', 'hold'] as const) {
    t.test(`D1, D2, D3: the service starts before its ${dependency} can be reached (${fault})`, { skip, buffered: true }, async t => {
      const net = await network(t, Number(target))
      await net[fault]()
      await startsAnyway(t, net, port)
    })
  }
}

/** What the service says to the two while it starts, step by step. */
const steps = [
  ['DB_PORT', 'SCHEMATA'], ['DB_PORT', 'GET_LOCK'], ['DB_PORT', 'CREATE TABLE'], ['DB_PORT', 'sql_mode'], ['DB_PORT', 'NOW()'], ['DB_PORT', '`NameKey` is null'],
  ['REDIS_PORT', 'info'], ['REDIS_PORT', 'select']
] as const

for (const [port, words] of steps) {
  t.test(`D2: the network to ${port} goes silent during the start, at "${words}"`, { skip, buffered: true }, async t => {
    const net = await network(t, Number(port === 'DB_PORT' ? process.env.TEST_DB_PORT : process.env.TEST_REDIS_PORT))
    await startsAnyway(t, net, port, net.when(words, 'before', net.hold))
  })
}

// The start makes its connections one after the other: each of them may be the first that is not answered.
for (const connections of [1, 2, 3]) {
  t.test(`D1, D2: the database answers ${connections} connections of a start, and then no more`, { skip, buffered: true }, async t => {
    const net = await network(t, Number(process.env.TEST_DB_PORT))
    await startsAnyway(t, net, 'DB_PORT', net.holdAfter(connections))
  })
}

t.test('while another process migrates for long, the service listens, answers 510, and comes up when that one is done', { skip, buffered: true }, async t => {
  const DB_NAME = `dream_waiting_${process.pid}`
  const other = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root' })
  t.teardown(async () => {
    await other.query(`DROP DATABASE IF EXISTS ${DB_NAME}`)
    await other.end()
  })
  await other.query('DO GET_LOCK(?, 0)', [`dream_migrate_${DB_NAME}`])
  const took = stopwatch()
  const world = await build(t, 'server', { DB_NAME })
  t.ok(took() < 2 * ANSWER_MS, `listens after ${Math.round(took())} ms`)
  t.match(await patiently(() => world.post('/Auth/Login', admin), 510), { status: 503, body: { Code: 510 } })
  await other.query('DO RELEASE_LOCK(?)', [`dream_migrate_${DB_NAME}`])
  const ms = await until(async () => (await world.post('/Auth/Login', admin)).body.Code === 501)
  t.ok(ms < RECOVERY_MS, `after ${Math.round(ms)} ms`)
})

t.test('D2: what a start leaves for when the database is there is done, however often it is lost again', { skip, buffered: true }, async t => {
  const net = await network(t, Number(process.env.TEST_DB_PORT))
  await net.refuse()
  const { app, log } = await build(t, 'server', { DB_PORT: String(net.port) })
  for (const time of [1, 2]) {
    await net.pass()
    await until(async () => log().split('database connected').length > time)
    await net.refuse()
    const done = new Set<string>()
    await Promise.all(['one', 'other'].map(work => app.whenDatabaseIsPrepared(async () => {
      await app.tryDatabase()
      done.add(work)
    })))
    t.equal(done.size, 0)
    await net.pass()
    await until(async () => done.size === 2)
  }
})
