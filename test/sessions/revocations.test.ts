import t from 'tap'
import { createRevocations, type Feed, type Subject } from '../../src/revocations.ts'
import { until } from '../support/faults.ts'

/** A feed that can lose the others. */
function scene () {
  const told: string[] = []
  const state = { cut: false }
  const tell = async (what: string): Promise<void> => {
    if (state.cut) throw new Error('cut off')
    told.push(what)
  }
  const feed: Feed = { current: () => true, announce: subjects => tell(subjects.join()), announceGap: () => tell('everything'), listen: () => {} }
  let reports = 0
  return { told, state, revocations: createRevocations(feed, () => { reports++ }), reports: () => reports }
}

t.test('T6: a change is told before and after it, so that nobody trusts memory in between', async t => {
  const { told, revocations } = scene()
  t.equal(await revocations.around(['account 7'], async () => { told.push('change'); return 'done' }), 'done')
  t.same(told, ['account 7', 'change', 'account 7'])
})

t.test('T6: a change that fails is told as well: it may have been carried out', async t => {
  const { told, revocations } = scene()
  await t.rejects(revocations.around(['account 7'], async () => { throw new Error('no answer') }), /no answer/)
  t.same(told, ['account 7', 'account 7'])
})

t.test('T6: what cannot be told is told as soon as it can, once reported', async t => {
  const { told, state, revocations, reports } = scene()
  state.cut = true
  for (const subject of ['account 7', 'account 8', 'account 7'] as Subject[]) await revocations.around([subject], async () => {})
  t.same(told, [])
  t.equal(reports(), 1)
  state.cut = false
  await until(async () => told.length > 0)
  t.same(told, ['account 7,account 8'])
})

t.test('T6: of more than can be kept, all is to be forgotten', async t => {
  const { told, state, revocations } = scene()
  state.cut = true
  for (let i = 0; i < 10_050; i++) await revocations.around([`account ${i}`], async () => {})
  state.cut = false
  await until(async () => told.length > 1 || told[0] === 'everything')
  t.equal(told[0], 'everything')
})

t.test('T6: a stop tells what is left', async t => {
  const { told, state, revocations } = scene()
  state.cut = true
  await revocations.around(['account 7'], async () => {})
  state.cut = false
  await revocations.close()
  t.same(told, ['account 7'])
})
