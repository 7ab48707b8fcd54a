import { join } from 'node:path'
import Sqlite from 'libsql'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, deployment, modes, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, network, newPerson, RECOVERY_MS, until, type Network } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a network to lose'
const origin = { network: '192.0.2.1', requestId: 'a-request', userAgent: 'test' }
const alice = newPerson()

// They wait most of the time, so they wait together.
t.jobs = 4

/** A service with its database behind a network that can fail, and another that sees the same database. */
async function behindNetwork (t: Test): Promise<{ world: World, net: Network, witness: World }> {
  const net = await network(t, Number(process.env.TEST_DB_PORT))
  const settings = await deployment(t, 'server')
  const witness = await build(t, 'server', settings)
  const world = await build(t, 'server', { ...settings, DB_PORT: String(net.port) })
  return { world, net, witness }
}

function record ({ app }: World, from: number, to: number): void {
  for (let i = from; i < to; i++) app.events.record({ type: 'login', outcome: 'success', userId: i, email: 'alice@example.com', origin })
}

const numbers = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

/** The numbers of the events in the table, in its order. */
async function stored ({ rows }: World): Promise<unknown[]> {
  return (await rows("SELECT UserID FROM Events WHERE Account IS NOT NULL AND RequestID = 'a-request' ORDER BY EventID")).map(({ UserID }) => UserID)
}

/** The numbers of the events in the log, in its order. */
function logged ({ log }: World): unknown[] {
  return log().trim().split('\n').map(line => JSON.parse(line)).filter(({ msg }) => /^event not stored/.test(msg)).map(({ event }) => event.userId)
}

t.test('an INSERT that is carried out, and whose acknowledgement is lost, leaves each event once', { skip, buffered: true }, async t => {
  const { world, net, witness } = await behindNetwork(t)
  let lost = 0
  for (let round = 0; round < 3; round++) {
    net.when('insert into `Events`', 'after', () => { lost++; net.cut() })
    record(world, round * 250, (round + 1) * 250)
    await until(async () => (await stored(witness)).length === (round + 1) * 250)
    await until(async () => lost === round + 1)
    await world.app.events.flush()
  }
  t.same(await stored(witness), numbers(0, 750))
  t.same(logged(world), [])
})

t.test('an INSERT that is carried out, and whose acknowledgement does not come in time, leaves each event once', { skip, buffered: true }, async t => {
  const { world, net, witness } = await behindNetwork(t)
  const isSprung = net.when('insert into `Events`', 'before', net.hold)
  record(world, 0, 20)
  await until(async () => isSprung() && /cannot be stored now/.test(world.log()))
  await net.pass()
  await until(async () => (await stored(witness)).length >= 20)
  record(world, 20, 21)
  await until(async () => (await stored(witness)).length >= 21)
  t.same(await stored(witness), numbers(0, 21))
})

for (const fault of ['hold', 'refuse'] as const) {
  t.test(`D1: a database behind a network that would ${fault}: events are kept, and stored in order when it is back`, { skip, buffered: true }, async t => {
    const { world, net, witness } = await behindNetwork(t)
    record(world, 0, 10)
    await until(async () => (await stored(witness)).length === 10)
    // Its acknowledgement, too.
    await world.app.events.flush()
    await net[fault]()
    record(world, 10, 700)
    await until(async () => /cannot be stored now/.test(world.log()))
    record(world, 700, 720)
    t.match(await world.get('/health/live'), { status: 200 })
    await net.pass()
    const ms = await until(async () => (await stored(witness)).length >= 720)
    t.ok(ms < RECOVERY_MS, `${Math.round(ms)} ms`)
    t.same(await stored(witness), numbers(0, 720))
    t.same(logged(world), [])
    t.equal(world.log().match(/cannot be stored now/g)?.length, 1)
  })

  t.test(`S1: a close while the network would ${fault} ends in time, and what is not in the table is in the log`, { skip, buffered: true }, async t => {
    const { world, net, witness } = await behindNetwork(t)
    record(world, 0, 10)
    await until(async () => (await stored(witness)).length === 10)
    // Its acknowledgement, too.
    await world.app.events.flush()
    await net[fault]()
    record(world, 10, 300)
    const took = stopwatch()
    await world.app.close()
    const ms = took()
    t.ok(ms < ANSWER_MS, `${Math.round(ms)} ms`)
    t.same(await stored(witness), numbers(0, 10))
    t.same(logged(world), numbers(10, 300))
    t.notMatch(world.log(), /alice/)
  })
}

t.test('D1: a service that starts without its database keeps what happens until it comes', { skip, buffered: true }, async t => {
  const net = await network(t, Number(process.env.TEST_DB_PORT))
  await net.refuse()
  const world = await build(t, 'server', { DB_PORT: String(net.port) })
  record(world, 0, 30)
  await until(async () => /cannot be stored now/.test(world.log()))
  await net.pass()
  await until(async () => (await stored(world).catch(() => [])).length === 30)
  t.same(await stored(world), numbers(0, 30))
})

t.test('a table that is locked by somebody else holds up the trail and nothing else', { skip, buffered: true }, async t => {
  const { world, witness } = await behindNetwork(t)
  await world.register(alice)
  const other = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root', database: witness.config.DB_NAME })
  t.teardown(() => { other.destroy() })
  await other.query('LOCK TABLES Events WRITE')
  record(world, 0, 30)
  await until(async () => /cannot be stored now/.test(world.log()))
  t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(alice))), { body: { Code: 200 } })
  await other.query('UNLOCK TABLES')
  await until(async () => (await stored(witness)).length >= 30)
  await world.app.events.flush()
  t.same((await stored(witness)).slice(0, 30), numbers(0, 30))
})

/** An embedded service, and another program's connection to its database file. */
async function besideAnother (t: Test): Promise<{ world: World, other: Sqlite.Database, settings: Record<string, string> }> {
  const settings = await deployment(t, 'embedded')
  const world = await build(t, 'embedded', settings)
  const other = new Sqlite(join(world.config.DATA_DIR, 'dream.db'))
  t.teardown(() => { other.close() })
  return { world, other, settings }
}

t.test('embedded: D1: another program writes for long: events are kept, and stored in order when it is done', { buffered: true }, async t => {
  const { world, other } = await besideAnother(t)
  other.exec('BEGIN IMMEDIATE')
  record(world, 0, 500)
  await until(async () => /cannot be stored now/.test(world.log()))
  record(world, 500, 520)
  t.match(await world.get('/health/live'), { status: 200 })
  other.exec('COMMIT')
  await until(async () => (await stored(world)).length === 520)
  t.same(await stored(world), numbers(0, 520))
  t.same(logged(world), [])
})

t.test('embedded: S1: a close while another program writes ends in time, and every event is in the log', { buffered: true }, async t => {
  const { world, other, settings } = await besideAnother(t)
  other.exec('BEGIN IMMEDIATE')
  record(world, 0, 300)
  const took = stopwatch()
  await world.app.close()
  const ms = took()
  t.ok(ms < ANSWER_MS, `${Math.round(ms)} ms`)
  t.same(logged(world), numbers(0, 300))
  other.exec('ROLLBACK')
  t.same(await stored(await build(t, 'embedded', settings)), [])
})
