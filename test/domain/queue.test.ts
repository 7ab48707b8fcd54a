import t from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createQueue } from '../../src/queue.ts'

/** A task that runs until told otherwise. */
function task (): { run: () => Promise<string>, started: () => boolean, finish: () => void, crash: () => void } {
  let started = false
  let finish = (): void => {}
  let crash = (): void => {}
  const end = new Promise<string>((resolve, reject) => {
    finish = () => { resolve('done') }
    crash = () => { reject(new Error('crashed')) }
  })
  return { run: () => { started = true; return end }, started: () => started, finish: () => { finish() }, crash: () => { crash() } }
}

/** Lets everything that can go on without us go on. */
const settled = (): Promise<void> => new Promise(resolve => { setImmediate(resolve) })

t.test('C7: no more tasks run at once than the queue allows', async t => {
  const queue = createQueue(3, 100)
  let running = 0
  let most = 0
  const results = await Promise.all(Array.from({ length: 50 }, (_, i) => queue(async () => {
    most = Math.max(most, ++running)
    await settled()
    running--
    return i
  })))
  t.equal(most, 3)
  t.same(results, Array.from({ length: 50 }, (_, i) => i), 'each caller has its own result')
})

t.test('tasks run in the order they came', async t => {
  const queue = createQueue(1, 10)
  const order: number[] = []
  await Promise.all(Array.from({ length: 10 }, (_, i) => queue(async () => {
    await settled()
    order.push(i)
  })))
  t.same(order, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
})

t.test('C7: one more than may wait is refused at once with 529, and nobody else is', async t => {
  const queue = createQueue(2, 2)
  const tasks = Array.from({ length: 4 }, task)
  const accepted = tasks.map(({ run }) => queue(run))
  const refused = task()
  await t.rejects(queue(refused.run), fail('Busy'))
  t.notOk(refused.started(), 'it never ran')
  t.same(tasks.map(({ started }) => started()), [true, true, false, false])
  for (const { finish } of tasks) finish()
  t.same(await Promise.all(accepted), ['done', 'done', 'done', 'done'])
  t.equal(await queue(async () => 'again'), 'again', 'there is room again')
})

t.test('a queue in which nobody may wait refuses whoever comes while it works', async t => {
  const queue = createQueue(1, 0)
  const first = task()
  const running = queue(first.run)
  await t.rejects(queue(async () => 'second'), fail('Busy'))
  first.finish()
  await running
  t.equal(await queue(async () => 'third'), 'third')
})

t.test('a task that fails hands its error to its caller and its place to the next', async t => {
  const queue = createQueue(1, 1)
  const [failing, next] = [task(), task()]
  const failed = t.rejects(queue(failing.run), { message: 'crashed' })
  const waiting = queue(next.run)
  failing.crash()
  await failed
  await settled()
  t.ok(next.started())
  next.finish()
  t.equal(await waiting, 'done')
  await t.rejects(queue(() => { throw new Error('before it began') }), { message: 'before it began' })
  t.equal(await queue(async () => 'and again'), 'and again')
})

t.test('nobody who comes in between takes the place of the next in line', async t => {
  const queue = createQueue(1, 1)
  const [first, second] = [task(), task()]
  const running = queue(first.run)
  const waiting = queue(second.run)
  first.finish()
  await running
  // The place is the second's already, though its turn may not have come: one may wait, no second one may run.
  const third = task()
  const late = queue(third.run)
  await settled()
  t.ok(second.started())
  t.notOk(third.started())
  second.finish()
  third.finish()
  t.same(await Promise.all([waiting, late]), ['done', 'done'])
})
