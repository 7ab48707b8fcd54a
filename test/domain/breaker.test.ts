import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { createBreaker, type Breaker } from '../../src/breaker.ts'
import { until } from '../support/faults.ts'

class Dead extends Error {}

/** A breaker over something that is well, dead or refuses, with what was said of it. */
function patient (t: Test): { breaker: Breaker, be: (fault: 'well' | 'dead' | 'refusing') => void, looks: () => number, most: () => number, said: string[] } {
  const said: string[] = []
  let looks = 0
  let atOnce = 0
  let most = 0
  let fault = 'well'
  const breaker = createBreaker({
    async probe () {
      looks++
      most = Math.max(most, ++atOnce)
      await sleep(1)
      atOnce--
      if (fault !== 'well') throw fault === 'dead' ? new Dead() : new Error('refused')
    },
    limitMs: 1_000,
    isDeath: error => error instanceof Dead,
    everyMs: 5,
    changed: state => { said.push(state) }
  })
  t.teardown(breaker.stop)
  return { breaker, be: how => { fault = how }, looks: () => looks, most: () => most, said }
}

t.test('D1: it opens when a look finds no answer, and closes by itself when one does; each is told once', async t => {
  const { breaker, be, said, most } = patient(t)
  be('dead')
  t.equal(breaker.state(), 'closed')
  for (let i = 0; i < 10; i++) breaker.suspect()
  await until(async () => breaker.state() === 'open')
  await sleep(30)
  t.strictSame(said, ['open'])
  be('well')
  await until(async () => breaker.state() === 'closed')
  t.strictSame(said, ['open', 'closed'])
  t.equal(most(), 1, 'one look at a time')
})

t.test('one who fails alone keeps nobody out', async t => {
  const { breaker, be, said } = patient(t)
  breaker.suspect()
  await breaker.look()
  t.equal(breaker.state(), 'closed', 'the look finds it well')
  be('refusing')
  t.match(await breaker.look(), { error: { message: 'refused' } })
  t.equal(breaker.state(), 'closed', 'it answers, though it is of no use')
  be('dead')
  const look = breaker.look()
  breaker.answered()
  await look
  t.equal(breaker.state(), 'closed', 'it answers others')
  t.strictSame(said, [])
})

t.test('it is looked at while it is dead and not before, nor after the end', async t => {
  const { breaker, be, looks } = patient(t)
  await sleep(30)
  t.equal(looks(), 0)
  be('dead')
  await breaker.look()
  await until(async () => looks() > 3)
  breaker.stop()
  await breaker.look()
  const before = looks()
  await sleep(30)
  t.equal(looks(), before)
})
