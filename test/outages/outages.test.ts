import t from 'tap'
import { file, modes } from '../helper.ts'
import { slopeOf } from '../soak/slope.ts'
import { faults, type Fault } from './faults.ts'
import { broken, brokenInLife } from './judge.ts'
import type { Lifecycle } from './lifecycle.ts'
import { suffer, type Outage } from './outage.ts'
import { allowed, routes } from './routes.ts'
import { setScene } from './scene.ts'
import { MARKS, PAGE, renew, tables } from './table.ts'

const skip = modes.includes('server') ? false : 'server mode alone has something to lose'
/** The machine that runs the tests may be busy. */
const LENIENCY = 3
const PEOPLE = 14

const named = (dependency: string, name: string): Fault => {
  const fault = faults.find(each => each.dependency === dependency && each.name === name)
  if (fault === undefined) throw new Error(`no fault ${name}`)
  return fault
}

t.test('D1, D2, D3, D4: under load, whatever is lost: answers in time and by the right Code, service again, nothing acknowledged lost, no connection left', { skip }, async t => {
  const scene = await setScene(t)
  const { program, url } = await scene.serve()
  for (const fault of [named('database', 'half-open'), named('redis', 'out of connections'), named('mail', 'cut in mid-message')]) {
    const outage = await suffer(scene, { url, pid: program.child.pid ?? NaN }, fault, PEOPLE)
    t.strictSame(broken(outage, LENIENCY), [], `${fault.dependency}, ${fault.name}`)
    t.ok(outage.acknowledged > 5, `${outage.acknowledged} acknowledgements were looked for`)
    t.strictSame(new Set(outage.samples.map(({ route }) => route)), new Set(routes), 'every route was asked')
  }
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

const quiet = (fault: Fault): Outage => ({
  fault,
  samples: (['first', 'second', 'after'] as const).flatMap(phase => routes.map(route => ({ route, phase, code: allowed(route, fault, phase)[0] ?? 0, ms: 10 }))),
  recoveryMs: 100,
  acknowledged: 1,
  lost: [],
  leaks: []
})

t.test('a broken promise is noticed: a wrong Code, a late answer, a late return, a loss, a leak', async t => {
  const fault = named('database', 'stopped')
  const kept = quiet(fault)
  t.strictSame(broken(kept), [])
  const wrongs: Array<[RegExp, Partial<Outage>]> = [
    [/Login was answered with 200 \(second\), where 510 is due/, { samples: [{ route: 'Login', phase: 'second', code: 200, ms: 1 }] }],
    [/Login was answered with 0/, { samples: [{ route: 'Login', phase: 'meanwhile', code: 0, ms: 1 }] }],
    [/health was answered with 510 \(after\)/, { samples: [{ route: 'health', phase: 'after', code: 510, ms: 1 }] }],
    [/Sign took 2001 ms/, { samples: [{ route: 'Sign', phase: 'first', code: 510, ms: 2_001 }] }],
    [/resumed 2001 ms/, { recoveryMs: 2_001 }],
    [/resumed NaN ms/, { recoveryMs: NaN }],
    [/an acknowledged account is lost/, { lost: ['account'] }],
    [/leaked database/, { leaks: ['database: 6 held, 5 expected'] }]
  ]
  for (const [says, wrong] of wrongs) t.match(broken({ ...kept, ...wrong }), [says], String(says))
})

t.test('so is a start or a stop that was not as promised', async t => {
  const kept: Lifecycle = { fault: named('redis', 'stopped'), listensMs: 100, codes: { login: 512, health: 512, live: 200 }, recoveryMs: 100, exit: 0, exitMs: 100, underWay: 8, unanswered: 0 }
  t.strictSame(brokenInLife(kept), [])
  for (const wrong of [{ listensMs: 9_000 }, { codes: { ...kept.codes, login: 200 } }, { recoveryMs: NaN }, { exit: 'SIGKILL' }, { exitMs: 14_000 }, { unanswered: 1 }]) {
    t.equal(brokenInLife({ ...kept, ...wrong }).length, 1, JSON.stringify(wrong))
  }
})

t.test(`${PAGE} has a place for the tables, and what stands around them stays`, async t => {
  const written = tables([quiet(named('database', 'stopped')), quiet(named('mail', '5xx'))], [])
  t.match(written, /^### Database lost$[^]*\| Login \| 510 · 0\.01 s \|[^]*^### Mail server lost$[^]*\| Sign \| 518 · 0\.01 s \|/m)
  t.match(renew(file(PAGE), MARKS, written), written)
  t.throws(() => renew('no marks', MARKS, written), /once each/)
  t.equal(renew(`before ${MARKS[0]} old ${MARKS[1]} after`, MARKS, 'new'), `before ${MARKS[0]}\n\nnew\n\n${MARKS[1]} after`)
})

t.test('a slope is that of the straight line nearest to the points, with its error', async t => {
  t.match(slopeOf([0, 1, 2, 3].map(x => ({ x, y: 5 + 2 * x }))), { slope: 2, error: 0 })
  const { slope, error } = slopeOf([[0, 0], [1, 2], [2, 1], [3, 3]].map(([x = 0, y = 0]) => ({ x, y })))
  t.ok(Math.abs(slope - 0.8) < 1e-9 && Math.abs(error - Math.sqrt(1.8 / 2 / 5)) < 1e-9)
  t.match(slopeOf([{ x: 0, y: 0 }, { x: 1, y: 1 }]), { slope: NaN })
})
