import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import type { CodeStore } from '../../src/codes.ts'
import { createMemoryCodeStore } from '../../src/stores/codes.memory.ts'
import { createRedisCodeStore } from '../../src/stores/codes.redis.ts'
import { deployment, modes } from '../helper.ts'

/** A code store and the means to let time pass and to lose everything. */
interface Kept { store: CodeStore, pass: (milliseconds: number) => Promise<void>, lose: () => Promise<void> }

const limits = { ttlMs: 300_000, cooldownMs: 60_000, tries: 5 }
const SUBJECT = 'sign:alice'

function inMemory (): Kept {
  let now = 1_000
  const kept: Kept = {
    store: createMemoryCodeStore(() => now),
    pass: async milliseconds => { now += milliseconds },
    lose: async () => { kept.store = createMemoryCodeStore(() => now) }
  }
  return kept
}

async function inRedis (t: Test): Promise<Kept> {
  const { REDIS_PORT, REDIS_DB } = await deployment(t, 'server')
  const redis = new Redis({ port: Number(REDIS_PORT), db: Number(REDIS_DB) })
  t.teardown(() => { redis.disconnect() })
  return {
    store: createRedisCodeStore(redis),
    lose: async () => { await redis.flushdb() },
    // Redis has no clock to turn: every key comes as much nearer to its end instead.
    pass: async milliseconds => {
      for (const key of await redis.keys('*')) {
        const left = await redis.pttl(key) - milliseconds
        if (left > 0) await redis.pexpire(key, left)
        else await redis.del(key)
      }
    }
  }
}

const keep = (t: Test, mode: string): Kept | Promise<Kept> => mode === 'embedded' ? inMemory() : inRedis(t)

for (const mode of modes) {
  t.test(`${mode}: codes`, async t => {
    const promise = (title: string, check: (t: Test, kept: Kept) => Promise<void>) => t.test(title, async t => check(t, await keep(t, mode)))

    await promise('K7: a subject waits for its next code until the cooldown is over, and no other subject does', async (t, { store, pass }) => {
      t.equal(await store.waiting(SUBJECT), 0)
      t.equal(await store.issue(SUBJECT, 'first', limits), 0)
      await pass(10_000)
      for (const wait of [await store.waiting(SUBJECT), await store.issue(SUBJECT, 'refused', limits)]) t.ok(wait > 40_000 && wait <= 50_000, `waits ${wait} ms`)
      t.equal(await store.issue('reset:alice', 'other', limits), 0)
      t.equal(await store.take(SUBJECT, 'refused'), 'wrong', 'the refused code was not kept')
      t.equal(await store.take(SUBJECT, 'first'), 'taken', 'the first one was')
      await pass(50_000)
      t.equal(await store.waiting(SUBJECT), 0)
      t.equal(await store.issue(SUBJECT, 'second', limits), 0)
    })

    await promise('K7: a new code voids the old one and brings tries of its own', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits)
      for (let i = 0; i < 4; i++) await store.take(SUBJECT, 'guess')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits)
      t.equal(await store.take(SUBJECT, 'old'), 'wrong')
      for (let i = 0; i < 3; i++) t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
    })

    await promise('K7: a new code is not taken because the one before it was', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits)
      await store.take(SUBJECT, 'old')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits)
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
    })

    await promise('K4: five tries, counted before comparing: the right code comes too late after them', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits)
      for (let i = 0; i < 5; i++) t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal(await store.take(SUBJECT, 'guess'), 'gone')
    })

    await promise('K4: of 100 wrong guesses at once five are looked at, and the right code is refused afterwards', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits)
      const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => store.take(SUBJECT, `guess ${i}`)))
      t.equal(outcomes.filter(outcome => outcome === 'wrong').length, 5)
      t.equal(outcomes.filter(outcome => outcome === 'gone').length, 95)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
    })

    await promise('K4: releasing a code gives no wrong guess its try back', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits)
      for (let i = 0; i < 4; i++) await store.take(SUBJECT, 'guess')
      for (let i = 0; i < 3; i++) {
        t.equal(await store.take(SUBJECT, 'right'), 'taken', 'a right code costs no try')
        await store.release(SUBJECT, 'right')
      }
      t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
    })

    await promise('K3: a taken code is nobody else\'s until it is released', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits)
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal(await store.take(SUBJECT, 'guess'), 'gone')
      await store.release(SUBJECT, 'right')
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
    })

    await promise('K3: 50 takes of the right code at once: one has it', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits)
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.take(SUBJECT, 'right')))
      t.equal(outcomes.filter(outcome => outcome === 'taken').length, 1)
      t.equal(outcomes.filter(outcome => outcome === 'gone').length, 49)
    })

    await promise('K7: 50 issues at once: one is kept, the others wait', async (t, { store }) => {
      const waits = await Promise.all(Array.from({ length: 50 }, (_, i) => store.issue(SUBJECT, `code ${i}`, limits)))
      t.equal(waits.filter(wait => wait === 0).length, 1)
      t.ok(waits.every(wait => wait >= 0 && wait <= limits.cooldownMs))
      t.equal(await store.take(SUBJECT, `code ${waits.indexOf(0)}`), 'taken')
    })

    await promise('a removed code is gone and the next may be issued at once', async (t, { store }) => {
      await store.issue(SUBJECT, 'first', limits)
      await store.remove(SUBJECT, 'first')
      t.equal(await store.take(SUBJECT, 'first'), 'gone')
      t.equal(await store.waiting(SUBJECT), 0)
      t.equal(await store.issue(SUBJECT, 'second', limits), 0)
    })

    await promise('release and remove concern only the code they name', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits)
      await store.take(SUBJECT, 'old')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits)
      await store.remove(SUBJECT, 'old')
      t.ok(await store.waiting(SUBJECT) > 0, 'the wait is the new one\'s')
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
      await store.release(SUBJECT, 'old')
      t.equal(await store.take(SUBJECT, 'new'), 'gone', 'still taken')
    })

    await promise('K2: a code lives as long as it was told to, taken and released or not', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'right', limits)
      await pass(299_000)
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
      await store.release(SUBJECT, 'right')
      await pass(1_001)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      await store.release(SUBJECT, 'right')
      t.equal(await store.take(SUBJECT, 'right'), 'gone', 'a release does not bring it back')
    })

    await promise('a cooldown that outlasts the code is kept', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'right', { ...limits, ttlMs: 30_000 })
      await pass(31_000)
      await store.issue('sign:bob', 'other', limits)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.ok(await store.waiting(SUBJECT) > 0)
      t.ok(await store.issue(SUBJECT, 'next', limits) > 0)
    })

    await promise('K9: what was lost or never issued is gone, and never right', async (t, kept) => {
      t.equal(await kept.store.take(SUBJECT, ''), 'gone')
      await kept.store.issue(SUBJECT, 'right', limits)
      await kept.lose()
      t.equal(await kept.store.take(SUBJECT, 'right'), 'gone')
      await kept.store.release(SUBJECT, 'right')
      await kept.store.remove(SUBJECT, 'right')
      t.equal(await kept.store.take(SUBJECT, 'right'), 'gone')
      t.equal(await kept.store.issue(SUBJECT, 'next', limits), 0)
    })
  })
}

t.test('embedded: memory is bounded: beyond 100,000 codes a further one is refused, none is dropped, and the ended make room', async t => {
  const { store, pass } = inMemory()
  for (let i = 0; i < 100_000; i++) await store.issue(`sign:${i}`, 'code', limits)
  await t.rejects(store.issue('sign:more', 'code', limits), fail('TooManyRequests'))
  t.equal(await store.take('sign:0', 'code'), 'taken')
  await pass(300_001)
  t.equal(await store.issue('sign:more', 'code', limits), 0)
})
