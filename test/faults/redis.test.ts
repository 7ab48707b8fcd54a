import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { build, modes, type World } from '../helper.ts'
import { ANSWER_MS, askEverything, credentialsOf, network, newPerson, RECOVERY_MS, stall, until, type Network } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { startRedis, type Service } from '../support/services.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a Redis'
const alice = newPerson()
const login = credentialsOf(alice)

// They wait most of the time, so they wait together.
t.jobs = 3

/** A Redis of its own for each test, and each way to lose it. */
class Scene {
  server: Service
  readonly #folder: string
  readonly net: Network

  private constructor (server: Service, folder: string, net: Network) {
    this.server = server
    this.#folder = folder
    this.net = net
  }

  static async set (t: Test): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'dream-redis-'))
    const server = await startRedis(folder)
    const scene = new Scene(server, folder, await network(t, server.port))
    t.teardown(async () => {
      await scene.server.stop()
      rmSync(folder, { recursive: true, force: true })
    })
    return scene
  }

  async restart (): Promise<void> {
    this.server = await startRedis(this.#folder, this.server.port)
  }

  async tell (...[command = '', ...words]: string[]): Promise<void> {
    const redis = new Redis(this.server.port)
    await redis.call(command, ...words)
    redis.disconnect()
  }

  world (t: Test, through: 'server' | 'network'): Promise<World> {
    return build(t, 'server', { REDIS_PORT: String(through === 'server' ? this.server.port : this.net.port), REDIS_DB: '0' })
  }
}

interface Fault { lose: (scene: Scene) => unknown, regain: (scene: Scene) => unknown }
const faults: Record<string, Fault> = {
  stopped: { lose: ({ server }) => server.stop(), regain: scene => scene.restart() },
  stalled: { lose: ({ server }) => stall(server), regain: ({ server }) => process.kill(server.pid, 'SIGCONT') },
  'half open': { lose: ({ net }) => net.hold(), regain: ({ net }) => net.pass() },
  unreachable: { lose: ({ net }) => net.refuse(), regain: ({ net }) => net.pass() },
  READONLY: { lose: scene => scene.tell('REPLICAOF', '127.0.0.1', '1'), regain: scene => scene.tell('REPLICAOF', 'NO', 'ONE') },
  full: { lose: scene => scene.tell('CONFIG', 'SET', 'maxmemory', '1'), regain: scene => scene.tell('CONFIG', 'SET', 'maxmemory', '0') }
}

for (const [name, { lose, regain }] of Object.entries(faults)) {
  // A stopped server closes its connections by itself, which a network in between would only delay.
  const through = name === 'half open' || name === 'unreachable' ? 'network' : 'server'

  t.test(`D3: Redis ${name}: 512 in time where it is needed, tokens still checked, then service again by itself`, { skip, buffered: true }, async t => {
    const scene = await Scene.set(t)
    const world = await scene.world(t, through)
    await world.register(alice)
    const token = await world.login(login)
    await lose(scene)
    for (const reply of await askEverything(world, alice, token)) {
      const expected = reply.route === 'CheckJWTToken' ? { code: 200 } : { code: 512, status: 503, retryAfter: true }
      t.match(reply, { ...expected, late: false }, reply.route)
    }
    t.match(await world.get('/health/live'), { status: 200, body: { Code: 200 } })
    // An answer is shared for a quarter of a second, and one that is right by chance may be wrong the next time.
    for (let i = 0; i < 3; i++) {
      await sleep(300)
      t.match(await patiently(() => world.get('/health'), 512), { status: 503, headers: { 'retry-after': /\d/ }, body: { Code: 512, Status: 'down', Checks: { Database: { Status: 'up' }, Redis: { Status: 'down' } } } }, 'S3: health says so, as no login can be served')
    }
    await regain(scene)
    const ms = await until(async () => (await world.post('/Auth/Login', login)).body.Code === 200)
    t.ok(ms < RECOVERY_MS, `logins again after ${Math.round(ms)} ms`)
    await until(async () => (await world.get('/health')).status === 200)
    await world.register(newPerson())
  })

  t.test(`D3: Redis ${name} at the start: the service listens all the same and closes in time`, { skip, buffered: true }, async t => {
    const scene = await Scene.set(t)
    await lose(scene)
    const world = await scene.world(t, through)
    t.match(await patiently(() => world.post('/Auth/Login', login), 512), { status: 503, body: { Code: 512 } })
    await regain(scene)
    await until(async () => (await world.post('/Auth/Login', login)).body.Code === 501)
    await lose(scene)
    const took = stopwatch()
    await world.app.close()
    t.ok(took() < ANSWER_MS, 'closed')
  })
}

t.test('K9: a Redis that came back empty knows no code: 521, and a new one can be had at once', { skip, buffered: true }, async t => {
  const scene = await Scene.set(t)
  const world = await scene.world(t, 'server')
  const bob = newPerson()
  t.match(await patiently(() => world.post('/Auth/Sign', bob)), { body: { Code: 200 } })
  const VerifyCode = await world.codeFor(bob.Email)
  await scene.server.stop()
  await scene.restart()
  await until(async () => (await world.get('/health')).status === 200)
  t.match(await patiently(() => world.post('/Auth/Verify', { ...bob, VerifyCode })), { body: { Code: 521 } })
  await world.register(bob)
})
