import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { runFiles, type FileReport, type TestFile } from './test-files.ts'

/** What becomes of files of these programs. */
async function reports (t: Test, programs: Record<string, string>): Promise<Record<string, FileReport>> {
  const folder = mkdtempSync(join(tmpdir(), 'dream-files-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const files = Object.entries(programs).map(([name, program]): TestFile => {
    const bundle = join(folder, `${name}.mjs`)
    writeFileSync(bundle, program)
    return { name, node: process.execPath, bundle, env: {}, maySkip: false }
  })
  const came: Record<string, FileReport> = {}
  await runFiles(files, new AbortController().signal, (file, report) => { came[file.name] = report })
  return came
}

function alive (pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const fine = 'console.log("TAP version 14\\nok 1 - fine\\n1..1");'

t.test('every file is run, and a check that fails names it', async t => {
  const names = Array.from({ length: 9 }, (_, index) => `file ${index}`)
  const came = await reports(t, { ...Object.fromEntries(names.map(name => [name, fine])), bad: 'console.log("TAP version 14\\nok 1 - fine\\nnot ok 2 - one is two\\n1..2"); process.exitCode = 1' })
  for (const name of names) t.match(came[name], { passed: 1, failures: [], skipped: [] }, name)
  t.match(came.bad, { passed: 1, failures: ['✖ bad > one is two'] })
})

t.test('a file fails that ends badly, early or by a signal, though all it said was well', async t => {
  const came = await reports(t, {
    three: `${fine} console.error('why'); process.exitCode = 3`,
    killed: `${fine} process.kill(process.pid, 'SIGKILL')`,
    early: 'console.log("TAP version 14\\nok 1 - fine\\n1..2")',
    broken: 'nothing at all'
  })
  t.strictSame(came.three?.failures, ['✖ three\n    ended: 3'])
  t.equal(came.three?.stderr, 'why\n')
  t.strictSame(came.killed?.failures, ['✖ killed\n    ended: SIGKILL'])
  t.strictSame(came.early?.failures, ['✖ early: its report is not whole'])
  t.strictSame(came.broken?.failures, ['✖ broken\n    ended: 1'])
  t.match(came.broken?.stderr, 'SyntaxError')
})

t.test('a file without a test is one that was left out', async t => {
  t.match((await reports(t, { none: '' })).none, { passed: 0, failures: [], skipped: ['none'] })
})

t.test('a run that is ended leaves no process and begins none', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'dream-files-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  const bundle = join(folder, 'endless.mjs')
  writeFileSync(bundle, `import { appendFileSync } from 'node:fs'\nappendFileSync(${JSON.stringify(join(folder, 'begun'))}, process.pid + ' ')\nsetInterval(() => {}, 1000)`)
  const ending = new AbortController()
  const files = Array.from({ length: 9 }, (_, index): TestFile => ({ name: `endless ${index}`, node: process.execPath, bundle, env: {}, maySkip: false }))
  const run = runFiles(files, ending.signal, () => {})
  const begun = (): number[] => existsSync(join(folder, 'begun')) ? readFileSync(join(folder, 'begun'), 'utf8').trim().split(' ').map(Number) : []
  while (begun().length < 4) await sleep(20)
  ending.abort()
  await t.rejects(run, { name: 'AbortError' })
  for (const pid of begun()) while (alive(pid)) await sleep(20)
  t.equal(begun().length, 4)
})
