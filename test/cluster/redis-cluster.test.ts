import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createClient } from '../../plugins/redis.ts'
import { ConfigError, loadConfig } from '../../src/config.ts'
import { limits } from '../../src/limits.ts'
import { createRedisCodeStore } from '../../src/stores/codes.redis.ts'
import { redisCounter } from '../../src/stores/counters.ts'
import { createRedisNetworkStore } from '../../src/stores/networks.redis.ts'
import { bearer, build, deployment, modes, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, newPerson, until } from '../support/faults.ts'
import { startRedisCluster, tell, type RedisCluster } from '../support/redis-nodes.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a Redis'
/** Until a replica has taken over and the service has found it, on a busy machine. */
const FAILOVER_MS = 20_000

// One for all tests: the last one loses a node of it.
const folder = mkdtempSync(join(tmpdir(), 'dream-cluster-'))
let cluster: RedisCluster
t.before(async () => { if (skip === false) cluster = await startRedisCluster(folder, 'of-the-nodes') })
t.teardown(async () => {
  if (skip === false) await cluster.stop()
  rmSync(folder, { recursive: true, force: true })
})

const withPassword = (): Record<string, string> => ({ ...cluster.settings, REDIS_PASSWORD: 'of-the-nodes' })
const check = async ({ get }: World, token: string): Promise<number> => (await get('/CheckJWTToken', bearer(token))).status

/** A client as the service makes it. */
async function client (t: Test) {
  const redis = createClient(loadConfig({ ...await deployment(t, 'server'), ...withPassword() }))
  redis.on('error', () => {})
  await redis.connect()
  t.teardown(() => { redis.disconnect() })
  return redis
}

t.test('server: K3, K4, L2: every step of codes, counters and networks is of one slot, whichever node that is on', { skip }, async t => {
  const redis = await client(t) as Parameters<typeof createRedisCodeStore>[0]
  const codes = createRedisCodeStore(redis, true)
  const networks = createRedisNetworkStore(redis)
  const [limit] = limits.login
  const counter = redisCounter(redis, limit)
  const budget = { name: 'strangers', points: 10, seconds: 60 }
  // Enough names to be on every node.
  for (let i = 0; i < 10; i++) {
    const subject = `reset:${i}`
    t.same(await codes.issue(subject, 'right', { ttlMs: 60_000, cooldownMs: 1, tries: 5 }, budget), { why: 'none', ms: 0 })
    t.equal(await codes.take(subject, 'wrong'), 'wrong')
    t.same((await Promise.all(Array.from({ length: 5 }, () => codes.take(subject, 'right')))).filter(outcome => outcome === 'taken').length, 1)
    await codes.release(subject, 'right')
    t.equal(await codes.take(subject, 'right'), 'taken')
    await codes.remove(subject, 'right', budget)
    await codes.revoke(subject)
    t.match(await codes.waiting(subject, budget), { why: 'none' })
    await codes.erase(subject)

    await networks.welcome(subject, 'home', undefined, 'epoch')
    t.same(await networks.recall(subject, 'home'), { epoch: 'epoch', familiar: true })
    await networks.noteFailure(subject, 'cafe')
    t.same((await networks.networks(subject)).sort(), ['cafe', 'home'])
    await networks.begin(subject, 'work', 'next')
    await networks.forget(subject)
    t.same(await networks.networks(subject), [])

    for (let tried = 0; tried < limit.points; tried++) await counter.consume(subject)
    await t.rejects(counter.consume(subject))
    t.match(await counter.get(subject), { consumedPoints: limit.points })
    await counter.reward(subject)
    t.equal(await counter.delete(subject), true)
  }
  const left = (await Promise.all(cluster.nodes.map(({ port }) => tell(port, ['KEYS', 'dream:*'], 'of-the-nodes')))).flat()
  t.same(left, [], 'nothing is left')
})

t.test('server: F1: a password that the nodes refuse stops the start by its name', { skip }, async t => {
  await t.rejects(build(t, 'server', { ...withPassword(), REDIS_PASSWORD: 'another' }), Object.assign(new ConfigError(), { message: /^REDIS_PASSWORD/ }))
})

t.test('server: D3: a cluster that is away: 512 in time, also at the start; then service by itself', { skip }, async t => {
  const world = await build(t, 'server', withPassword())
  const alice = newPerson()
  await world.register(alice)
  for (const { pid } of cluster.nodes) process.kill(pid, 'SIGSTOP')
  let took = stopwatch()
  for (let i = 0; i < 3; i++) t.match(await world.post('/Auth/Login', credentialsOf(alice)), { status: 503, body: { Code: 512 } })
  t.ok(took() < 3 * ANSWER_MS, 'answered in time')
  const late = await build(t, 'server', withPassword())
  t.match(await late.post('/Auth/Login', credentialsOf(alice)), { status: 503, body: { Code: 512 } })
  took = stopwatch()
  await late.app.close()
  t.ok(took() < ANSWER_MS, 'closed in time')
  for (const { pid } of cluster.nodes) process.kill(pid, 'SIGCONT')
  await until(async () => (await world.post('/Auth/Login', credentialsOf(alice))).body.Code === 200, FAILOVER_MS)
})

t.test('server: D3, K3, T6, T9: a master that dies is succeeded, and what was revoked or taken stays so', { skip }, async t => {
  const settings = { ...await deployment(t, 'server'), ...withPassword() }
  const worlds = [await build(t, 'server', settings), await build(t, 'server', settings), await build(t, 'server', settings)]
  const [here = await build(t, 'server', settings)] = worlds
  const alice = newPerson()
  await here.register(alice)
  const [live, revoked, later] = [await here.login(alice), await here.login(alice), await here.login(alice)]
  for (const world of [...worlds, ...worlds]) for (const token of [live, revoked, later]) t.equal(await check(world, token), 200)
  await here.post('/Auth/Logout', undefined, bearer(revoked))
  for (const world of worlds) await until(async () => await check(world, revoked) === 401)
  const bob = newPerson()
  await here.post('/Auth/Sign', bob)
  t.match(await here.post('/Auth/Verify', { ...bob, VerifyCode: await here.codeFor(bob.Email) }), { body: { Code: 200 } })

  // That of the announcements, so that nothing is vouched for, and of a third of all accounts.
  process.kill((await cluster.ownerOf('dream:revocations:0:count')).pid, 'SIGKILL')
  t.match(await here.post('/Auth/Logout', undefined, bearer(later)), { body: { Code: 200 } }, 'a revocation needs the database alone')
  for (const world of worlds) await until(async () => await check(world, later) === 401)
  // Twenty accounts are on every node.
  const people = Array.from({ length: 20 }, newPerson)
  await until(async () => (await Promise.all(people.map((person, i) => here.post('/Auth/Login', credentialsOf(person), { from: `10.0.${i}.1` })))).every(({ body }) => body.Code !== 512), FAILOVER_MS)
  for (const world of worlds) {
    await until(async () => (await world.get('/health')).status === 200, FAILOVER_MS)
    for (let i = 0; i < 3; i++) for (const token of [revoked, later]) t.equal(await check(world, token), 401)
    t.equal(await check(world, live), 200)
  }
  t.match(await here.post('/Auth/Verify', { ...bob, VerifyCode: await here.codeFor(bob.Email) }), { body: { Code: 502 } })
  const after = await here.login(alice)
  for (const world of [...worlds, ...worlds]) t.equal(await check(world, after), 200)
  await here.post('/Auth/Logout', undefined, bearer(after))
  for (const world of worlds) await until(async () => await check(world, after) === 401)
})
