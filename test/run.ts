import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { root } from '../src/root.ts'
import { shown, verdict } from './answers/verdict.ts'
import { find, startMariadb, startRedis, type Service } from './support/services.ts'
import { readTapReport } from './tap-report.ts'

// `npm test`: type check, lint and every test. With file names as arguments: those tests alone. `--embedded`: embedded mode alone.
// With CI=true nothing may be skipped, and the embedded tests run a second time on Node 24.

const ci = process.env.CI === 'true'
const embeddedOnly = process.argv.includes('--embedded')
const files = process.argv.slice(2).filter(argument => argument !== '--embedded')
const path = (name: string): string => fileURLToPath(new URL(name, root))
const folder = mkdtempSync(join(tmpdir(), 'dream-test-'))
const answers = join(folder, 'answers')
const TAP = path('node_modules/tap/dist/esm/run.mjs')
const services: Service[] = []
const running = new Set<ChildProcess>()
let passed = 0
let failed = 0
/** What failed, shown once more at the end, where it is looked for: a log may be cut, and tap's reporters are silent on failures with CI=true. */
const failures: string[] = []

function fail (what: string): void {
  failed++
  failures.push(what)
}

function say (line: string): void {
  process.stdout.write(`${line}\n`)
}

async function run (title: string, command: string, args: string[], env: NodeJS.ProcessEnv = process.env): Promise<boolean> {
  say(`\n— ${title}`)
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  running.add(child)
  const code = await new Promise(resolve => { child.once('exit', resolve) })
  running.delete(child)
  return code === 0
}

/** A step that counts as one test. */
async function step (title: string, ...args: string[]): Promise<void> {
  if (await run(title, process.execPath, args)) passed++
  else fail(`${title}: failed, as it says above`)
}

/** MariaDB and Redis, installed where that is possible without asking. */
function serversAreThere (): boolean {
  const missing = (): string[] => [['mariadbd', 'mariadb-server'], ['redis-server', 'redis-server']].flatMap(([program, name]) => find(program ?? '') === undefined ? [name ?? ''] : [])
  if (missing().length > 0 && find('apt-get') !== undefined && process.getuid?.() === 0) {
    say(`installing ${missing().join(' and ')}`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    spawnSync('apt-get', ['update', '-qq'], { stdio: 'inherit', env })
    spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing()], { stdio: ['ignore', 'ignore', 'inherit'], env })
  }
  const left = missing()
  if (left.length === 0) return true
  say(`\nSKIPPED: all tests of server mode, as ${left.join(' and ')} ${left.length > 1 ? 'are' : 'is'} not installed.`)
  say(`To run them: apt-get install ${left.join(' ')} (Debian, Ubuntu) or brew install mariadb redis (macOS), then npm test again.`)
  return false
}

/** What may depend on the version of Node. Random input, statistics and attacks are the same on each, and take long. */
const AGAIN = ['config', 'program', 'routes', 'sessions', 'stores'].map(folder => `dist-test/${folder}.*.test.js`)

/** Where test/bundle.mjs puts a test. */
const bundleOf = (file: string): string => relative(path('test'), resolve(file)).replaceAll(sep, '.').replace(/^(.*)\.ts$/, 'dist-test/$1.js')

/** Has every process of a test write down the answers that it sends. */
const recording = { TEST_ANSWERS: answers, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(path('dist-test/answers.recorder.js'))}`.trim() }

/** Judges the answers by the document: all that were sent, and in a whole run whether each documented one was. */
function judgeAnswers (embedded: boolean): void {
  say('\n— answers of the tests, held to openapi.yaml')
  const { answers: count, wrong, missing } = verdict(answers, readFileSync(path('openapi.yaml'), 'utf8'), embedded)
  const unseen = files.length === 0 ? missing : []
  say(`${count} different answers, ${wrong.length} of them not as documented, ${unseen.length} documented replies never seen`)
  if (wrong.length + unseen.length === 0) {
    passed++
    return
  }
  const lines = [...wrong.length > 0 ? [shown(wrong)] : [], ...unseen.length > 0 ? ['never seen, as operation, HTTP status and Code (a row in test/routes/contract-*.ts makes them):', shown(unseen)] : []]
  fail(['answers are not as openapi.yaml has them', ...lines].join('\n'))
}

/** Runs the tests with tap and counts what it reports. */
async function tap (title: string, node: string, env: NodeJS.ProcessEnv, maySkip = !ci, which = files.map(bundleOf)): Promise<void> {
  const output = join(folder, `results-${passed + failed}.tap`)
  const args = [TAP, process.stdout.isTTY ? '--reporter=base' : '--reporter=min', `--output-file=${output}`, ...which]
  const ok = await run(title, node, args, { ...process.env, NODE_EXTRA_CA_CERTS: path('test/fixtures/tls/ca.pem'), ...recording, ...env })
  const report = readTapReport(existsSync(output) ? readFileSync(output, 'utf8') : '')
  passed += report.passed
  for (const failure of report.failures) fail(failure)
  if (report.skipped.length > 0) say(`${report.skipped.length} tests skipped`)
  if (!maySkip) for (const name of report.skipped) fail(`skipped, which fails with CI=true: ${name}`)
  if (!ok && report.failures.length === 0) fail(`${title}: tap failed, and no test`)
  if (ok && report.passed === 0) fail(`${title}: there were none`)
}

/** tap as `.taprc` has it: by itself it is built anew only while a first run goes on, with all that it was to leave out. */
async function buildTap (): Promise<boolean> {
  const built = readFileSync(path('node_modules/@tapjs/test/test-built/dist/esm/index.js'), 'utf8')
  return !built.includes('@tapjs/typescript') || await run('building tap', process.execPath, [TAP, 'build'])
}

async function tests (): Promise<void> {
  if (files.length === 0) {
    await Promise.all([
      step('types', path('node_modules/typescript/bin/tsc'), '--noEmit'),
      step('types of the pages', path('node_modules/typescript/bin/tsc'), '--noEmit', '--project', path('pages')),
      step('lint', path('node_modules/eslint/bin/eslint.js'), '.')
    ])
  }
  if (!await run('bundling the tests', process.execPath, [path('test/bundle.mjs')]) || !await buildTap()) {
    fail('the tests could not be built')
    return
  }
  mkdirSync(answers)
  const embedded = embeddedOnly || !serversAreThere()
  if (embedded) {
    if (ci && !embeddedOnly) fail('server mode: its servers are not there')
    await tap('tests of embedded mode', process.execPath, { TEST_MODES: 'embedded' }, !ci || embeddedOnly)
  } else {
    services.push(...await Promise.all([startMariadb(folder), startRedis(folder)]))
    const [mysql, redis] = services.map(({ port }) => String(port))
    await tap('tests of both modes', process.execPath, { TEST_MODES: 'embedded,server', TEST_DB_PORT: mysql, TEST_REDIS_PORT: redis })
  }
  if (ci && files.length === 0 && !embeddedOnly) {
    const node24 = spawnSync('npx', ['--yes', '--package=node@24', '--', 'node', '-p', 'process.execPath'], { encoding: 'utf8' }).stdout.trim()
    if (node24 === '') fail('Node 24 could not be had')
    else await tap('tests of embedded mode on Node 24 (those of server mode have run above)', node24, { TEST_MODES: 'embedded' }, true, AGAIN)
  }
  judgeAnswers(embedded)
}

async function cleanUp (): Promise<void> {
  await Promise.all(services.splice(0).map(service => service.stop()))
  rmSync(folder, { recursive: true, force: true })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    for (const child of running) child.kill()
    await cleanUp()
    process.exit(1)
  })
}

try {
  await tests()
} catch (error) {
  fail(String(error))
} finally {
  await cleanUp()
}
if (failures.length > 0) say(`\n— failures\n${failures.join('\n\n')}`)
say(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1
