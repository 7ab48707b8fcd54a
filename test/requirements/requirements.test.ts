import t from 'tap'
import { file } from '../helper.ts'
import { groups, ids, requirements } from './list.ts'
import { BEGIN, END, misnamed, PAGE, renew, tableOf, unproved } from './table.ts'
import { readTests, testsIn, type TitledTest } from './titles.ts'

const tests = readTests()

t.test('every requirement is proved, in both modes where there are two ways to fail it', async t => {
  t.strictSame(unproved(tests), [])
})

t.test('no title names a requirement that there is not', async t => {
  t.strictSame(misnamed(tests), [])
})

t.test(`the table in ${PAGE} is what the titles say: "npm run requirements" writes it`, async t => {
  t.equal(file(PAGE), renew(file(PAGE), tests))
})

t.test('every requirement belongs to a group and stands in the table once, in order', async t => {
  t.strictSame([...tableOf(tests).matchAll(/^\| ([A-Z]\d+) \| (.*?) \|/gm)].map(([, id, text]) => [id, text]), Object.entries(requirements))
  t.same(Object.keys(groups).filter(group => !ids.some(id => id.startsWith(group))), [])
})

/** A test as others are written, § for a dollar sign, and what is read from it. */
const written: Array<[source: string, read: Array<Pick<TitledTest, 'ids' | 'title' | 'runs'>>]> = [
  ["t.test('K1: one', async t => {})", [{ ids: ['K1'], title: 'one', runs: 'any' }]],
  ['t.test(`K1, T10: a §{fault} b`, async t => {})', [{ ids: ['K1', 'T10'], title: 'a … b', runs: 'any' }]],
  ['for (const mode of modes) { t.test(`§{mode}: K1: one`, async t => {}) }', [{ ids: ['K1'], title: 'one', runs: 'both' }]],
  ['for (const mode of modes) for (const hide of [true]) t.test(`§{mode}, HIDE=§{hide}: K1: one`, async t => {})', [{ ids: ['K1'], title: 'one', runs: 'both' }]],
  ["for (const mode of modes) { t.test(`§{mode}: codes`, async t => { await promise('K1: one', async t => {}) }) }", [{ ids: [], title: 'codes', runs: 'both' }, { ids: ['K1'], title: 'one', runs: 'both' }]],
  ["t.test('embedded: K1: one', async t => {})", [{ ids: ['K1'], title: 'one', runs: 'embedded' }]],
  ["t.test('K1: one', async t => { await build(t, 'embedded') })", [{ ids: ['K1'], title: 'one', runs: 'embedded' }]],
  ["if (modes.includes('server')) { t.test('K1: one', async t => {}) }", [{ ids: ['K1'], title: 'one', runs: 'server' }]],
  ["const skip = modes.includes('server') ? false : 'no'\nt.test('K1: one', { skip }, async t => {})", [{ ids: ['K1'], title: 'one', runs: 'server' }]],
  ["const skip = modes.includes('server') ? false : 'no'\nt.test('outer', { skip }, async t => { await t.test('K1: one', async t => {}) })", [{ ids: [], title: 'outer', runs: 'server' }, { ids: ['K1'], title: 'one', runs: 'server' }]],
  ["t.test('no id: a title with SM3: and more', async t => {})", [{ ids: [], title: 'no id: a title with SM3: and more', runs: 'any' }]],
  ["t.test('K1: off', { skip: true }, async t => {})", []],
  ["t.test('K1: off', { skip: 'for good' }, async t => {})", []],
  ["t.test('K1: off', { todo: true }, async t => {})", []],
  ["t.skip('K1: off', async t => {})", []],
  ["t.test(title, async t => { t.ok(true, 'K1: a message') })", []],
  ["// t.test('K1: in a comment', async t => {})\nconst text = \"t.test('K1: in a string')\"", []]
]

t.test('titles are read as they are written, whatever stands around them', async t => {
  for (const [source, read] of written) {
    t.strictSame(testsIn('a.test.ts', source.replaceAll('§', '$')).map(({ ids, title, runs }) => ({ ids, title, runs })), read, source)
  }
})

t.test('a requirement without a test, or proved in one mode alone, is noticed', async t => {
  const proof = (runs: TitledTest['runs'], ...ids: string[]): TitledTest => ({ file: 'test/a.test.ts', title: 'a promise', ids, runs, malformed: false })
  const all = ids.map(id => proof('both', id))
  t.strictSame(unproved(all), [])
  const rest = all.filter(test => !test.ids.includes('K4'))
  for (const weak of [[], [proof('any', 'K4')], [proof('server', 'K4')], [proof('embedded', 'K4'), proof('any', 'K4')]]) t.strictSame(unproved([...rest, ...weak]), ['K4'])
  t.strictSame(unproved([...rest, proof('embedded', 'K4'), proof('server', 'K4')]), [])
  t.strictSame(unproved(all.filter(test => !test.ids.includes('D3'))), ['D3'], 'embedded mode has no Redis, and server mode is asked')
  t.strictSame(unproved([...all.filter(test => !test.ids.includes('D3')), proof('server', 'D3')]), [])
})

t.test('a title that names what there is not, or names it in another way, is noticed', async t => {
  const wrong = ["t.test('K99: one', f)", "t.test('K4 and K5: one', f)", "t.test('see K4: one', f)", "t.test('K4,K5: one', f)"]
  t.strictSame(misnamed(wrong.flatMap(source => testsIn('a.test.ts', source))), ['a.test.ts: K99', 'a.test.ts: K4 and K5: one', 'a.test.ts: see K4: one', 'a.test.ts: K4,K5: one'])
})

t.test('a page without a place for the table is refused, and what stands around it stays', async t => {
  t.throws(() => renew('no marks', tests), /two marks/)
  t.throws(() => renew(`${END}${BEGIN}`, tests), /two marks/)
  t.match(renew(`before ${BEGIN} what was there ${END} after`, []), /^before [^]* after$/)
  t.notMatch(renew(`before ${BEGIN} what was there ${END} after`, []), /what was there/)
})
