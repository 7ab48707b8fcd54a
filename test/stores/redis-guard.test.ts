import { Redis } from 'ioredis'
import t from 'tap'
import { Budget, within } from '../../src/budget.ts'
import { createRedisCodeStore } from '../../src/stores/codes.redis.ts'
import { guardRedis } from '../../src/stores/redis-guard.ts'
import { deployment, modes } from '../helper.ts'
import { network } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'embedded mode has no Redis'
const breaker = { state: () => 'closed' as const, answered: () => {}, suspect: () => {} }
const COMMAND_MS = 700

t.test('server: K3, D2: what is asked in one go is asked as a whole or not at all, whenever the time of the request ends: every answer stays that to its question', { skip }, async t => {
  const { REDIS_DB, REDIS_PORT } = await deployment(t, 'server')
  for (let passed = 0; passed < 200; passed += 10) {
    const client = new Redis({ port: Number(REDIS_PORT), db: Number(REDIS_DB), lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 })
    t.teardown(() => { client.disconnect() })
    await client.connect()
    guardRedis(client, COMMAND_MS, breaker)
    // Each look at the clock finds it later.
    let now = 0
    await within(new Budget(200, () => { now += passed; return now }), async () => {
      await client.multi().get('nothing').pttl('nothing').exec().catch(() => {})
      await client.pipeline().eval("return 'taken'", 0).wait(1, 1).exec()
    })
    const answers = [client.set('mine', 'yes'), client.get('mine'), client.get('nobody')].map(answer => answer.catch(String))
    t.strictSame(await Promise.all(answers), ['OK', 'yes', null], `${passed} ms pass`)
  }
})

t.test('server: K3, D2: a code is not asked for where the answer could not be waited for: it is as good as before', { skip }, async t => {
  const { REDIS_DB, REDIS_PORT } = await deployment(t, 'server')
  const net = await network(t, Number(REDIS_PORT))
  const client = new Redis({ port: net.port, db: Number(REDIS_DB), lazyConnect: true, enableOfflineQueue: false, maxRetriesPerRequest: 0 })
  t.teardown(() => { client.disconnect() })
  await client.connect()
  guardRedis(client, COMMAND_MS, breaker)
  const codes = createRedisCodeStore(client)
  await codes.issue('sign:a', 'hash', { ttlMs: 60_000, cooldownMs: 1_000, tries: 5 }, { name: 'strangers', points: 10, seconds: 60 })
  net.slow(100)
  t.match(await within(new Budget(40), () => codes.take('sign:a', 'hash')).catch((error: unknown) => error), { key: 'CacheUnavailable' })
  net.slow(0)
  await t.resolveMatch(codes.take('sign:a', 'hash'), 'taken')
})
