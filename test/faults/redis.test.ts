import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { build, modes, type World } from '../helper.ts'
import { ANSWER_MS, askEverything, credentialsOf, network, newPerson, RECOVERY_MS, until } from '../support/faults.ts'
import { startRedis, type Service } from '../support/services.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a Redis'
const alice = newPerson()
const login = credentialsOf(alice)

t.test('a Redis that stops, stalls, refuses and comes back', { skip }, async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dream-redis-'))
  let server: Service = await startRedis(folder)
  const net = await network(t, server.port)
  t.teardown(async () => {
    process.kill(server.pid, 'SIGCONT')
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const tell = async (...[command = '', ...words]: string[]): Promise<void> => {
    const redis = new Redis(server.port)
    await redis.call(command, ...words)
    redis.disconnect()
  }

  interface Fault { port: number, lose: () => unknown, regain: () => unknown }
  const faults: Record<string, Fault> = {
    stopped: { port: server.port, lose: () => server.stop(), regain: async () => { server = await startRedis(folder, server.port) } },
    stalled: { port: server.port, lose: () => process.kill(server.pid, 'SIGSTOP'), regain: () => process.kill(server.pid, 'SIGCONT') },
    'half open': { port: net.port, lose: net.hold, regain: net.pass },
    unreachable: { port: net.port, lose: net.refuse, regain: net.pass },
    READONLY: { port: server.port, lose: () => tell('REPLICAOF', '127.0.0.1', '1'), regain: () => tell('REPLICAOF', 'NO', 'ONE') },
    full: { port: server.port, lose: () => tell('CONFIG', 'SET', 'maxmemory', '1'), regain: () => tell('CONFIG', 'SET', 'maxmemory', '0') }
  }
  const settingsOf = ({ port }: Fault): Record<string, string> => ({ REDIS_PORT: String(port), REDIS_DB: '0' })

  async function away (t: Test, world: World, token: string): Promise<void> {
    for (const reply of await askEverything(world, alice, token)) {
      const expected = reply.route === 'CheckJWTToken' ? { code: 200 } : { code: 512, status: 503, retryAfter: true }
      t.match(reply, { ...expected, late: false }, reply.route)
    }
    t.match(await world.get('/health/live'), { status: 200, body: { Code: 200 } })
  }

  async function back (t: Test, world: World): Promise<void> {
    const ms = await until(async () => (await world.post('/Auth/Login', login)).body.Code === 200)
    t.ok(ms < RECOVERY_MS, `logins again after ${Math.round(ms)} ms`)
    await until(async () => (await world.get('/health')).status === 200)
    const bob = newPerson()
    await world.register(bob)
    t.match(await world.post('/Auth/Login', credentialsOf(bob)), { body: { Code: 200 } })
  }

  for (const [name, fault] of Object.entries(faults)) {
    await t.test(`D3: ${name}: 512 in time where Redis is needed, tokens still checked, then service again by itself`, async t => {
      const world = await build(t, 'server', settingsOf(fault))
      await world.register(alice)
      const token = await world.login(login)
      await fault.lose()
      await away(t, world, token)
      await fault.regain()
      await back(t, world)
    })

    await t.test(`S3: ${name}: health says so, as no login can be served`, async t => {
      const world = await build(t, 'server', settingsOf(fault))
      await fault.lose()
      t.match(await world.post('/Auth/Login', login), { body: { Code: 512 } })
      // An answer is shared for a quarter of a second, and one that is right by chance may be wrong the next time.
      for (let i = 0; i < 3; i++) {
        await sleep(300)
        t.match(await world.get('/health'), { status: 503, headers: { 'retry-after': /\d/ }, body: { Code: 512, Status: 'down', Checks: { Database: { Status: 'up' }, Redis: { Status: 'down' } } } })
      }
      await fault.regain()
    })

    await t.test(`${name} at the start: the service listens all the same and closes in time`, async t => {
      await fault.lose()
      const world = await build(t, 'server', settingsOf(fault))
      t.match(await world.post('/Auth/Login', login), { status: 503, body: { Code: 512 } })
      await fault.regain()
      await until(async () => (await world.post('/Auth/Login', login)).body.Code === 501)
      await fault.lose()
      const start = performance.now()
      await world.app.close()
      t.ok(performance.now() - start < ANSWER_MS, 'closed')
      await fault.regain()
    })
  }

  await t.test('K9: a Redis that came back empty knows no code: 521, and a new one can be had at once', async t => {
    const world = await build(t, 'server', { REDIS_PORT: String(server.port), REDIS_DB: '0' })
    const bob = newPerson()
    await world.post('/Auth/Sign', bob)
    const VerifyCode = await world.codeFor(bob.Email)
    await server.stop()
    server = await startRedis(folder, server.port)
    await until(async () => (await world.get('/health')).status === 200)
    t.match(await world.post('/Auth/Verify', { ...bob, VerifyCode }), { body: { Code: 521 } })
    await world.register(bob)
  })
})
