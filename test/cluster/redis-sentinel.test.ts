import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/config.ts'
import { bearer, build, deployment, modes, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, newPerson, until } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { startSentinels, tell, type Sentinels } from '../support/redis-nodes.ts'
import { stopwatch } from '../support/stopwatch.ts'

// They wait most of the time, so they wait together.
t.jobs = 3

const skip = modes.includes('server') ? false : 'server mode alone has a Redis'
/** Until the sentinels have agreed and the service has found the new master, on a busy machine. */
const FAILOVER_MS = 20_000

async function scene (t: Test, options: Parameters<typeof startSentinels>[1] = {}): Promise<Sentinels> {
  const folder = mkdtempSync(join(tmpdir(), 'dream-sentinel-'))
  const sentinels = await startSentinels(folder, options)
  t.teardown(async () => {
    await sentinels.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  return sentinels
}

const check = async ({ get }: World, token: string): Promise<number> => (await get('/CheckJWTToken', bearer(token))).status

t.test('server: D3, K3, K4, T6, T9: a master that dies is succeeded: 512 in time, then service by itself, and nothing that was revoked, taken or tried comes back', { skip, buffered: true }, async t => {
  const redis = await scene(t)
  const settings = { ...await deployment(t, 'server'), ...redis.settings }
  const [here, there] = [await build(t, 'server', settings), await build(t, 'server', settings)]
  const [alice, bob, carol] = [newPerson(), newPerson(), newPerson()]
  await here.register(alice)
  const [live, revoked, later] = [await here.login(alice), await here.login(alice), await here.login(alice)]
  for (const world of [here, there, here, there]) for (const token of [live, revoked, later]) t.equal(await check(world, token), 200)
  for (const person of [bob, carol]) t.match(await patiently(() => here.post('/Auth/Sign', person)), { body: { Code: 200 } })
  const guess = (VerifyCode: string) => here.post('/Auth/Verify', { ...carol, VerifyCode })
  const code = await here.codeFor(carol.Email)
  for (let i = 0; i < 5; i++) t.match(await guess(code === '000000' ? '111111' : '000000'), { body: { Code: 520 } })
  await here.post('/Auth/Logout', undefined, bearer(revoked))
  t.match(await here.post('/Auth/Verify', { ...bob, VerifyCode: await here.codeFor(bob.Email) }), { body: { Code: 200 } })

  process.kill((await redis.master()).pid, 'SIGKILL')
  const took = stopwatch()
  t.match(await here.post('/Auth/Login', credentialsOf(alice)), { body: { Code: 512 } })
  t.match(await patiently(() => here.post('/Auth/Logout', undefined, bearer(later))), { body: { Code: 200 } }, 'a revocation needs the database alone')
  t.ok(took() < 2 * ANSWER_MS, 'answered in time')
  await until(async () => await check(there, later) === 401)
  await until(async () => (await here.post('/Auth/Login', credentialsOf(alice))).body.Code === 200, FAILOVER_MS)
  await until(async () => (await there.get('/health')).status === 200, FAILOVER_MS)
  for (const world of [here, there]) {
    for (let i = 0; i < 5; i++) for (const token of [revoked, later]) t.equal(await check(world, token), 401)
    t.equal(await check(world, live), 200)
  }
  t.match(await patiently(() => guess(code)), { body: { Code: 521 } }, 'five tries are five')
  t.match(await patiently(async () => here.post('/Auth/Verify', { ...bob, VerifyCode: await here.codeFor(bob.Email) })), { body: { Code: 502 } })

  t.comment('word goes round through the new master')
  const after = await here.login(alice)
  for (const world of [here, there, here, there]) t.equal(await check(world, after), 200)
  await here.post('/Auth/Logout', undefined, bearer(after))
  await until(async () => await check(there, after) === 401)
})

t.test('server: T9: a master without its replicas, whom another may have succeeded, vouches for nothing: the database is asked', { skip, buffered: true }, async t => {
  const redis = await scene(t, { replicas: 1 })
  const world = await build(t, 'server', redis.settings)
  const alice = newPerson()
  await world.register(alice)
  const revoke = (at: string) => world.rows(`UPDATE Sessions SET RevokedAt = ${at}`)
  // Redis vouches for a second at a time, which a busy machine may let pass between two steps.
  async function remembered (): Promise<string> {
    const token = await world.login(alice)
    await until(async () => await check(world, token) === 200)
    await revoke("'2000-01-01'")
    const status = await check(world, token)
    await revoke('NULL')
    return status === 200 ? token : remembered()
  }
  const token = await remembered()
  for (const words of [['min-replicas-max-lag', '1'], ['min-replicas-to-write', '1']]) await tell((await redis.master()).port, ['CONFIG', 'SET', ...words])
  process.kill(redis.nodes[1]?.pid ?? 0, 'SIGSTOP')
  t.teardown(() => process.kill(redis.nodes[1]?.pid ?? 0, 'SIGCONT'))
  await revoke("'2000-01-01'")
  await until(async () => await check(world, token) === 401)
  t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(alice)), 512), { body: { Code: 512 } }, 'nor does it take what it could lose')
})

t.test('server: F1: a password that the server or the sentinels refuse stops the start by its name', { skip, buffered: true }, async t => {
  const redis = await scene(t, { replicas: 0, password: 'of-the-server', sentinelPassword: 'of-the-sentinels' })
  const right = { ...redis.settings, REDIS_PASSWORD: 'of-the-server', REDIS_SENTINEL_PASSWORD: 'of-the-sentinels' }
  for (const key of ['REDIS_PASSWORD', 'REDIS_SENTINEL_PASSWORD']) {
    await t.rejects(build(t, 'server', { ...right, [key]: 'another' }), Object.assign(new ConfigError(), { message: new RegExp(`^${key}`) }))
  }
  const world = await build(t, 'server', right)
  await world.register(newPerson())
})

t.test('server: D3: without any sentinel the service listens all the same, closes in time, and serves when they come', { skip, buffered: true }, async t => {
  const redis = await scene(t, { replicas: 0 })
  for (const { pid } of redis.sentinels) process.kill(pid, 'SIGSTOP')
  const [world, other] = [await build(t, 'server', redis.settings), await build(t, 'server', redis.settings)]
  const alice = newPerson()
  t.match(await world.post('/Auth/Login', credentialsOf(alice)), { status: 503, body: { Code: 512 } })
  const took = stopwatch()
  await other.app.close()
  t.ok(took() < ANSWER_MS, 'closed')
  for (const { pid } of redis.sentinels) process.kill(pid, 'SIGCONT')
  await until(async () => (await world.post('/Auth/Login', credentialsOf(alice))).body.Code === 501)
})
