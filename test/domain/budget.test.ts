import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { apart, Budget, patience, settling, waiting, within } from '../../src/budget.ts'

/** A budget of a second over a clock that the test turns. */
function second (): { budget: Budget, pass: (ms: number) => void } {
  let now = 0
  return { budget: new Budget(1_000, () => now), pass: ms => { now += ms } }
}

t.test('D2: a budget is spent by waiting alone, by waits at the same time once, and never goes below nothing', async t => {
  const { budget, pass } = second()
  pass(5_000)
  t.equal(budget.left, 1_000, 'hashing is not waiting')
  budget.begin()
  pass(100)
  budget.begin()
  pass(100)
  t.equal(budget.left, 800, 'also while it waits')
  budget.end()
  pass(100)
  budget.end()
  pass(5_000)
  t.equal(budget.left, 700)
  budget.begin()
  pass(5_000)
  t.equal(budget.left, 0)
})

t.test('D2: each wait is cut at what is left, of this request and of no other', async t => {
  const { budget, pass } = second()
  await Promise.all([
    within(budget, async () => {
      t.equal(patience(900), 900)
      const end = waiting()
      pass(400)
      end()
      await sleep(1)
      t.equal(patience(900), 600)
      t.equal(patience(500), 500)
      await within(budget, async () => { t.equal(patience(900), 600, 'the second part of a request has what the first has left') })
    }),
    within(second().budget, async () => {
      await sleep(1)
      t.equal(patience(900), 900)
    })
  ])
  t.equal(patience(900), 900)
})

t.test('what a request leaves behind, and what is done apart, has its own time', async t => {
  const { budget, pass } = second()
  let left: Promise<number> | undefined
  await within(budget, async () => {
    waiting()
    pass(5_000)
    t.equal(patience(900), 0)
    t.equal(await apart(async () => patience(900)), 900)
    left = sleep(1).then(() => patience(900))
  })
  t.equal(await left, 900)
})

t.test('D2: what is to be put right is done, and not waited for when nothing is left', async t => {
  const { budget, pass } = second()
  let done = false
  let finish = (): void => {}
  await within(budget, async () => {
    await settling(async () => { t.equal(patience(900), 900) })
    waiting()
    pass(5_000)
    await settling(async () => {
      await new Promise<void>(resolve => { finish = resolve })
      done = true
    })
  })
  t.notOk(done, 'it goes on')
  finish()
  await sleep(1)
  t.ok(done)
})
