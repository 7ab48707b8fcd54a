import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createMemoryNetworkStore } from '../../src/stores/networks.memory.ts'
import { createRedisNetworkStore } from '../../src/stores/networks.redis.ts'
import type { NetworkStore } from '../../src/throttle.ts'
import { modes } from '../helper.ts'
import { DAY, throttleOf } from '../support/throttle.ts'

const NOTHING = { epoch: undefined, familiar: false }

for (const mode of modes) {
  t.test(`${mode}: what is remembered of networks`, async t => {
    const promise = (title: string, check: (t: Test, store: NetworkStore, pass: (seconds: number) => Promise<void>, redis: Redis | undefined) => Promise<void>) => t.test(title, async t => {
      const { networks, pass, redis } = await throttleOf(t, mode)
      await check(t, networks, pass, redis)
    })

    await promise('an account begins with nothing; its first welcome begins an epoch, and later ones go on with it', async (t, store) => {
      t.same(await store.recall('alice', 'home'), NOTHING)
      t.same(await store.networks('alice'), [])
      await store.welcome('alice', 'home', undefined, 'first')
      await store.welcome('alice', 'office', 'first', 'unused')
      t.same(await store.recall('alice', 'home'), { epoch: 'first', familiar: true })
      t.same(await store.recall('alice', 'office'), { epoch: 'first', familiar: true })
      t.same(await store.recall('alice', 'cafe'), { epoch: 'first', familiar: false })
      t.same(await store.recall('bob', 'home'), NOTHING)
      t.same((await store.networks('alice')).sort(), ['home', 'office'])
    })

    await promise('P4: a new epoch has one familiar network, and a login that was under way when it began brings back none of the old', async (t, store) => {
      await store.welcome('alice', 'thief', undefined, 'first')
      await store.begin('alice', 'home', 'second')
      await store.welcome('alice', 'thief', 'first', 'unused')
      await store.welcome('alice', 'thief', undefined, 'unused')
      t.same(await store.recall('alice', 'thief'), { epoch: 'second', familiar: false })
      t.same(await store.recall('alice', 'home'), { epoch: 'second', familiar: true })
      t.same(await store.networks('alice'), ['home'])
    })

    await promise('V1: what is forgotten is gone, for a login that was under way as well, and an account made anew knows none of it', async (t, store, _pass, redis) => {
      for (const account of ['alice', 'bob']) {
        await store.welcome(account, 'home', undefined, 'first')
        await store.welcome(account, 'office', 'first', 'unused')
        await store.noteFailure(account, 'cafe')
      }
      t.same((await store.networks('alice')).sort(), ['cafe', 'home', 'office'])
      await store.forget('alice')
      await store.welcome('alice', 'office', 'first', 'unused')
      t.same(await store.networks('alice'), [])
      t.same((await redis?.keys('*') ?? []).filter(key => key.includes('alice')), [])
      await store.welcome('alice', 'cafe', undefined, 'another')
      for (const network of ['home', 'office']) t.same(await store.recall('alice', network), { epoch: 'another', familiar: false })
      t.same(await store.recall('bob', 'office'), { epoch: 'first', familiar: true })
      t.same((await store.networks('bob')).sort(), ['cafe', 'home', 'office'])
    })

    await promise('of many first welcomes at once one begins the epoch, and the others stay strangers until they come again', async (t, store) => {
      await Promise.all(Array.from({ length: 30 }, (_, i) => store.welcome('alice', `network ${i}`, undefined, `epoch ${i}`)))
      const recalled = await Promise.all(Array.from({ length: 30 }, (_, i) => store.recall('alice', `network ${i}`)))
      t.equal(new Set(recalled.map(({ epoch }) => epoch)).size, 1)
      t.equal(recalled.filter(({ familiar }) => familiar).length, 1)
    })

    await promise('a network is familiar for ninety days after its last welcome, and with the last of them the epoch ends', async (t, store, pass, redis) => {
      await store.welcome('alice', 'home', undefined, 'first')
      await store.welcome('alice', 'office', 'first', 'unused')
      await pass(60 * DAY)
      await store.welcome('alice', 'home', 'first', 'unused')
      await pass(30 * DAY)
      t.same(await store.recall('alice', 'office'), { epoch: 'first', familiar: false })
      t.same(await store.recall('alice', 'home'), { epoch: 'first', familiar: true })
      await pass(60 * DAY)
      t.same(await store.recall('alice', 'home'), NOTHING)
      t.same(await store.networks('alice'), [])
      t.same(await redis?.keys('*') ?? [], [])
    })

    await promise('failures are remembered for a week after the last, apart from what is familiar, and so many at most', async (t, store, pass) => {
      await store.noteFailure('alice', 'cafe')
      await pass(6 * DAY)
      await store.noteFailure('alice', 'station')
      t.ok((await store.networks('alice')).includes('station'))
      t.same(await store.recall('alice', 'station'), NOTHING)
      for (let i = 0; i < 3_000; i++) await store.noteFailure('alice', `network ${i}`)
      t.ok((await store.networks('alice')).length <= 1_000)
      await pass(7 * DAY)
      await store.noteFailure('alice', 'airport')
      t.same(await store.networks('alice'), ['airport'])
    })

    await promise('a person who moves about leaves no trail that grows for ever', async (t, store, pass) => {
      let moved = 0
      for (let year = 0; year < 3; year++) {
        for (let i = 0; i < 400; i++) await store.welcome('alice', `network ${moved++}`, moved === 1 ? undefined : 'first', 'first')
        await pass(80 * DAY)
        await store.welcome('alice', 'home', 'first', 'unused')
        await pass(11 * DAY)
      }
      for (let i = 0; i < 800; i++) await store.welcome('alice', 'home', 'first', 'unused')
      const left = await store.networks('alice')
      t.ok(left.includes('home'))
      t.ok(left.length < 100, `${left.length} of ${moved} are left`)
    })
  })
}

t.test('embedded: memory is bounded: of more than 100,000 accounts those are forgotten that were changed longest ago, and failures drive out none', async t => {
  const store = createMemoryNetworkStore(() => 0)
  for (let i = 0; i <= 100_000; i++) {
    await store.welcome(`${i}`, 'home', undefined, 'first')
    await store.noteFailure(`unknown ${i}`, 'home')
    await store.noteFailure(`unknown ${-i}`, 'home')
  }
  t.same(await store.recall('0', 'home'), NOTHING)
  t.same(await store.recall('1', 'home'), { epoch: 'first', familiar: true })
  t.same(await store.networks('unknown 1'), [])
  t.same(await store.networks('unknown 100000'), ['home'])
})

if (modes.includes('server')) {
  t.test('server: without Redis every method is 512', async t => {
    const redis = new Redis({ port: 1, lazyConnect: true, enableOfflineQueue: false, retryStrategy: () => null })
    redis.on('error', () => {})
    const store = createRedisNetworkStore(redis)
    const calls: Array<() => Promise<unknown>> = [
      () => store.recall('alice', 'home'), () => store.welcome('alice', 'home', undefined, 'first'), () => store.begin('alice', 'home', 'first'),
      () => store.noteFailure('alice', 'home'), () => store.networks('alice'), () => store.forget('alice')
    ]
    for (const call of calls) await t.rejects(async () => { await call() }, /^Cache service unavailable$/)
    redis.disconnect()
  })
}
