import t from 'tap'
import { readTapReport } from './tap-report.ts'

// As tap 21 writes it: a file with a test in a test, one that ended badly after all its tests had passed, and one that was not started.
const REPORT = `TAP version 14
1..3
# Subtest: a.test.js
    # Subtest: outer
        # Subtest: inner
            ok 1 - should be equal
            not ok 2 - one is two
              ---
              stack: |
                test/a.test.ts:2:61
              cwd: /somewhere
              diff: |
                -2
                +1
              ...
            ok 3 - later # TODO
            ok 4 - elsewhere # SKIP not here
            1..4
        not ok 1 - inner # time=14.528ms
        1..1
    not ok 1 - outer # time=20.376ms
    1..1
not ok 1 - a.test.js # time=36.39ms

# Subtest: b.test.js
    ok 1 - fine
    1..1
not ok 2 - b.test.js # time=5ms
  ---
  exitCode: 3
  ...

ok 3 - c.test.js # SKIP
`

t.test('each check counts once, and a failure says where and why', async t => {
  t.strictSame(readTapReport(REPORT), {
    passed: 2,
    skipped: ['a.test.js > outer > inner > elsewhere', 'c.test.js'],
    failures: [
      '✖ a.test.js > outer > inner > one is two\n    stack: test/a.test.ts:2:61\n    diff: -2\n    +1',
      '✖ a.test.js > outer > inner > later',
      '✖ b.test.js\n    exitCode: 3'
    ]
  })
})

t.test('a file fails that reports less than it had planned', async t => {
  t.strictSame(readTapReport('TAP version 14\n# Subtest: a.test.js\n    ok 1 - fine\n    1..2\nok 1 - a.test.js\n1..1\n').failures, ['✖ a.test.js: its report is not whole'])
})

t.test('what was never written is no test that passed', async t => {
  t.strictSame(readTapReport(''), { passed: 0, skipped: [], failures: [] })
})
