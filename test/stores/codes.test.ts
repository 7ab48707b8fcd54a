import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import type { CodeStore } from '../../src/codes.ts'
import { createMemoryCodeStore } from '../../src/stores/codes.memory.ts'
import { createRedisCodeStore } from '../../src/stores/codes.redis.ts'
import { deployment, modes } from '../helper.ts'

/** A code store and the means to let time pass, to lose everything, and, in Redis, to see what is kept. */
interface Kept { store: CodeStore, pass: (milliseconds: number) => Promise<void>, lose: () => Promise<void>, keys?: () => Promise<string[]> }

const limits = { ttlMs: 300_000, cooldownMs: 60_000, tries: 5 }
const SUBJECT = 'sign:alice'
const DAY_MS = 86_400_000
const BUDGET = { name: 'strangers', points: 10, seconds: DAY_MS / 1000 }
const FREE = { why: 'none', ms: 0 }

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
    keys: () => redis.keys('*'),
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
      t.same(await store.waiting(SUBJECT, BUDGET), FREE)
      t.same(await store.issue(SUBJECT, 'first', limits, BUDGET), FREE)
      await pass(10_000)
      for (const { why, ms } of [await store.waiting(SUBJECT, BUDGET), await store.issue(SUBJECT, 'refused', limits, BUDGET)]) t.ok(why === 'cooldown' && ms > 40_000 && ms <= 50_000, `waits ${ms} ms`)
      t.same(await store.issue('reset:alice', 'other', limits, BUDGET), FREE)
      t.equal(await store.take(SUBJECT, 'refused'), 'wrong', 'the refused code was not kept')
      t.equal(await store.take(SUBJECT, 'first'), 'taken', 'the first one was')
      await pass(50_000)
      t.same(await store.waiting(SUBJECT, BUDGET), FREE)
      t.same(await store.issue(SUBJECT, 'second', limits, BUDGET), FREE)
    })

    await promise('K7: a new code voids the old one and brings tries of its own', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits, BUDGET)
      for (let i = 0; i < 4; i++) await store.take(SUBJECT, 'guess')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits, BUDGET)
      t.equal(await store.take(SUBJECT, 'old'), 'wrong')
      for (let i = 0; i < 3; i++) t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
    })

    await promise('K7: a new code is not taken because the one before it was', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits, BUDGET)
      await store.take(SUBJECT, 'old')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits, BUDGET)
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
    })

    await promise('K4: five tries, counted before comparing: the right code comes too late after them', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      for (let i = 0; i < 5; i++) t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal(await store.take(SUBJECT, 'guess'), 'gone')
    })

    await promise('K4: of 100 wrong guesses at once five are looked at, and the right code is refused afterwards', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      const outcomes = await Promise.all(Array.from({ length: 100 }, (_, i) => store.take(SUBJECT, `guess ${i}`)))
      t.equal(outcomes.filter(outcome => outcome === 'wrong').length, 5)
      t.equal(outcomes.filter(outcome => outcome === 'gone').length, 95)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
    })

    await promise('K4: releasing a code gives no wrong guess its try back', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      for (let i = 0; i < 4; i++) await store.take(SUBJECT, 'guess')
      for (let i = 0; i < 3; i++) {
        t.equal(await store.take(SUBJECT, 'right'), 'taken', 'a right code costs no try')
        await store.release(SUBJECT, 'right')
      }
      t.equal(await store.take(SUBJECT, 'guess'), 'wrong')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
    })

    await promise('K3: a taken code is nobody else\'s until it is released', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal(await store.take(SUBJECT, 'guess'), 'gone')
      await store.release(SUBJECT, 'right')
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
    })

    await promise('K3: 50 takes of the right code at once: one has it', async (t, { store }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      const outcomes = await Promise.all(Array.from({ length: 50 }, () => store.take(SUBJECT, 'right')))
      t.equal(outcomes.filter(outcome => outcome === 'taken').length, 1)
      t.equal(outcomes.filter(outcome => outcome === 'gone').length, 49)
    })

    await promise('K7: 50 issues at once: one is kept, the others wait', async (t, { store }) => {
      const waits = await Promise.all(Array.from({ length: 50 }, (_, i) => store.issue(SUBJECT, `code ${i}`, limits, BUDGET)))
      t.equal(waits.filter(({ why }) => why === 'none').length, 1)
      t.ok(waits.every(({ why, ms }) => why === 'none' || (why === 'cooldown' && ms > 0 && ms <= limits.cooldownMs)))
      t.equal(await store.take(SUBJECT, `code ${waits.findIndex(({ why }) => why === 'none')}`), 'taken')
    })

    await promise('K5: a budget allows so many codes a day, across cooldowns; each asker that has its own goes on', async (t, { store, pass }) => {
      const own = { ...BUDGET, name: 'home' }
      for (let i = 0; i < 10; i++) {
        t.same(await store.issue(SUBJECT, `code ${i}`, limits, BUDGET), FREE)
        await pass(limits.cooldownMs)
      }
      for (const { why, ms } of [await store.waiting(SUBJECT, BUDGET), await store.issue(SUBJECT, 'one too many', limits, BUDGET)]) {
        t.equal(why, 'budget')
        t.ok(ms > DAY_MS - 11 * limits.cooldownMs && ms <= DAY_MS - 9 * limits.cooldownMs, 'until a day after the first')
      }
      t.equal(await store.take(SUBJECT, 'code 9'), 'taken', 'a refusal does not void the last code')
      t.same(await store.issue('reset:alice', 'other purpose', limits, BUDGET), FREE)
      t.same(await store.waiting(SUBJECT, own), FREE)
      t.same(await store.issue(SUBJECT, 'own', limits, own), FREE)
      await pass(DAY_MS)
      t.same(await store.issue(SUBJECT, 'the next day', limits, BUDGET), FREE)
    })

    await promise('K5: 50 issues at once under one budget charge it once; a code that is withdrawn gives its charge back, and no more', async (t, { store, pass }) => {
      const one = { ...BUDGET, points: 1 }
      await Promise.all(Array.from({ length: 50 }, (_, i) => store.issue(SUBJECT, i === 0 ? 'first' : `code ${i}`, limits, { ...one, points: 2 })))
      await store.remove(SUBJECT, 'another', one)
      await pass(limits.cooldownMs)
      t.equal((await store.waiting(SUBJECT, one)).why, 'budget', 'a code that is not this one gives nothing back')
      await pass(DAY_MS)
      for (let i = 0; i < 3; i++) {
        t.same(await store.issue(SUBJECT, 'undelivered', limits, one), FREE)
        await store.remove(SUBJECT, 'undelivered', one)
      }
      await store.remove(SUBJECT, 'undelivered', one)
      t.same(await store.issue(SUBJECT, 'delivered', limits, one), FREE)
      await store.remove(SUBJECT, 'delivered')
      t.equal((await store.waiting(SUBJECT, one)).why, 'budget', 'a code that was spent stays charged')
    })

    await promise('P4: a revoked code is gone, whatever it was, and the wait for the next one stays', async (t, { store }) => {
      await store.revoke(SUBJECT)
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      await store.revoke(SUBJECT)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal((await store.waiting(SUBJECT, BUDGET)).why, 'cooldown')
    })

    await promise('V1: an erased subject is as if it had never been: code, wait and the budget of every asker; others keep theirs', async (t, { store, pass, keys }) => {
      const askers = ['strangers', 'home', 'office'].map(name => ({ ...BUDGET, name, points: 1 }))
      for (const subject of [SUBJECT, 'sign:bob']) {
        for (const budget of askers) {
          t.same(await store.issue(subject, `for ${budget.name}`, limits, budget), FREE)
          await pass(limits.cooldownMs)
        }
        await store.issue(subject, 'last', limits, { ...BUDGET, name: 'cafe' })
      }
      await store.erase(SUBJECT)
      t.same((await keys?.() ?? []).filter(key => key.includes(SUBJECT)), [])
      t.equal(await store.take(SUBJECT, 'last'), 'gone')
      t.equal(await store.take('sign:bob', 'last'), 'taken')
      for (const budget of askers) {
        t.same(await store.issue(SUBJECT, 'anew', limits, budget), FREE)
        await store.erase(SUBJECT)
        t.equal((await store.waiting('sign:bob', budget)).why, 'budget')
      }
      await store.erase(SUBJECT)
    })

    await promise('V1: it finds budgets that were begun, given back and charged again on different days', async (t, { store, pass, keys }) => {
      const budget = (i: number) => ({ ...BUDGET, name: `network ${i % 30}`, points: 3 })
      for (let hour = 0; hour < 60; hour++) {
        await store.issue(SUBJECT, 'code', limits, budget(hour))
        if (hour % 7 === 0) await store.remove(SUBJECT, 'code', budget(hour))
        await pass(DAY_MS / 24)
      }
      await store.issue(SUBJECT, 'code', limits, { ...budget(59), points: 2 })
      await store.erase(SUBJECT)
      t.same(await keys?.() ?? [], [])
      for (let i = 0; i < 30; i++) t.same(await store.waiting(SUBJECT, { ...budget(i), points: 1 }), FREE)
    })

    await promise('a removed code is gone and the next may be issued at once', async (t, { store }) => {
      await store.issue(SUBJECT, 'first', limits, BUDGET)
      await store.remove(SUBJECT, 'first')
      t.equal(await store.take(SUBJECT, 'first'), 'gone')
      t.same(await store.waiting(SUBJECT, BUDGET), FREE)
      t.same(await store.issue(SUBJECT, 'second', limits, BUDGET), FREE)
    })

    await promise('release and remove concern only the code they name', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'old', limits, BUDGET)
      await store.take(SUBJECT, 'old')
      await pass(60_000)
      await store.issue(SUBJECT, 'new', limits, BUDGET)
      await store.remove(SUBJECT, 'old')
      t.equal((await store.waiting(SUBJECT, BUDGET)).why, 'cooldown', 'the wait is the new one\'s')
      t.equal(await store.take(SUBJECT, 'new'), 'taken')
      await store.release(SUBJECT, 'old')
      t.equal(await store.take(SUBJECT, 'new'), 'gone', 'still taken')
    })

    await promise('K2: a code lives as long as it was told to, taken and released or not', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'right', limits, BUDGET)
      await pass(299_000)
      t.equal(await store.take(SUBJECT, 'right'), 'taken')
      await store.release(SUBJECT, 'right')
      await pass(1_001)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      await store.release(SUBJECT, 'right')
      t.equal(await store.take(SUBJECT, 'right'), 'gone', 'a release does not bring it back')
    })

    await promise('a cooldown that outlasts the code is kept', async (t, { store, pass }) => {
      await store.issue(SUBJECT, 'right', { ...limits, ttlMs: 30_000 }, BUDGET)
      await pass(31_000)
      await store.issue('sign:bob', 'other', limits, BUDGET)
      t.equal(await store.take(SUBJECT, 'right'), 'gone')
      t.equal((await store.waiting(SUBJECT, BUDGET)).why, 'cooldown')
      t.equal((await store.issue(SUBJECT, 'next', limits, BUDGET)).why, 'cooldown')
    })

    await promise('K9: what was lost or never issued is gone, and never right', async (t, kept) => {
      t.equal(await kept.store.take(SUBJECT, ''), 'gone')
      await kept.store.issue(SUBJECT, 'right', limits, BUDGET)
      await kept.lose()
      t.equal(await kept.store.take(SUBJECT, 'right'), 'gone')
      await kept.store.release(SUBJECT, 'right')
      await kept.store.remove(SUBJECT, 'right')
      t.equal(await kept.store.take(SUBJECT, 'right'), 'gone')
      t.same(await kept.store.issue(SUBJECT, 'next', limits, BUDGET), FREE)
    })
  })
}

t.test('embedded: memory is bounded: beyond 100,000 codes a further one is refused, none is dropped, and the ended make room', async t => {
  const { store, pass } = inMemory()
  for (let i = 0; i < 100_000; i++) await store.issue(`sign:${i}`, 'code', limits, BUDGET)
  await t.rejects(store.issue('sign:more', 'code', limits, BUDGET), fail('TooManyRequests'))
  t.equal(await store.take('sign:0', 'code'), 'taken')
  await pass(300_001)
  t.same(await store.issue('sign:more', 'code', limits, BUDGET), FREE)
})
