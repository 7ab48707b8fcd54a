import { execFile, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative, resolve, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { root } from '../src/root.ts'
import { shown, verdict } from './answers/verdict.ts'
import { scratch } from './support/scratch.ts'
import { find, startMariadb, startRedis, type Service } from './support/services.ts'
import { runFiles, type FileReport, type TestFile } from './test-files.ts'

// `npm test`: type check, lint and every test. With file names as arguments: those tests alone. `--embedded`: embedded mode alone.
// With CI=true nothing may be skipped, and the embedded tests run a second time on Node 24.

const ci = process.env.CI === 'true'
const embeddedOnly = process.argv.includes('--embedded')
const files = process.argv.slice(2).filter(argument => argument !== '--embedded')
const path = (name: string): string => fileURLToPath(new URL(name, root))
const folder = mkdtempSync(join(scratch, 'dream-test-'))
const answers = join(folder, 'answers')
const services: Service[] = []
/** Ends the run early, with every process of it. */
const ending = new AbortController()
let passed = 0
let failed = 0
/** What failed, shown once more at the end, where it is looked for: a log may be cut. */
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
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], env, signal: ending.signal })
  await once(child, 'exit')
  return child.exitCode === 0
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
const AGAIN = /^test\/(config|program|routes|sessions|stores)\//

/** Where test/bundle.mjs puts a test. */
const bundleOf = (file: string): string => relative(path('test'), resolve(file)).replaceAll(sep, '.').replace(/^(.*)\.ts$/, 'dist-test/$1.js')

/** Has every process of a test write down the answers that it sends. */
const recording = { TEST_ANSWERS: answers, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ''} --import=${pathToFileURL(path('dist-test/answers.recorder.js'))}`.trim() }

/** Of the arguments those that are no test, by mistake or by another name. */
const strangers = (): string[] => files.filter(file => !/^test\/.*\.test\.ts$/.test(relative(path('.'), resolve(file)).replaceAll(sep, '/')) || !existsSync(file))

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

/** Counts what a file came to. */
function take ({ name, maySkip }: TestFile, came: FileReport): void {
  passed += came.passed
  for (const failure of came.failures) fail(failure)
  if (!maySkip) for (const left of came.skipped) fail(`skipped, which fails with CI=true: ${left}`)
  const counts = [`${came.passed} passed`, ...came.failures.length > 0 ? [`${came.failures.length} failed`] : [], ...came.skipped.length > 0 ? [`${came.skipped.length} skipped`] : []]
  say(`${came.failures.length > 0 ? '✖' : '✔'} ${name}: ${counts.join(', ')}, ${came.seconds.toFixed(1)} s`)
  if (came.stderr !== '') say(came.stderr)
}

/** Where npm keeps Node 24. */
async function node24 (): Promise<string> {
  const { stdout } = await promisify(execFile)('npx', ['--yes', '--package=node@24', '--', 'node', '-p', 'process.execPath'], { signal: ending.signal })
  return stdout.trim()
}

/** MariaDB and Redis. Where one of them does not start, the other is there to be stopped. */
async function startServers (): Promise<void> {
  const begun = await Promise.allSettled([startMariadb(folder), startRedis(folder)])
  for (const one of begun) if (one.status === 'fulfilled') services.push(one.value)
  for (const one of begun) if (one.status === 'rejected') throw one.reason
}

/** All that are to be run: those of both modes, and in CI some once more. */
async function chosen (): Promise<TestFile[]> {
  const every = readdirSync(path('test'), { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.test.ts')).sort().map(name => path(`test/${name}`))
  const all = files.length > 0 ? files.map(file => resolve(file)) : every
  const env = { ...process.env, TEST_SCRATCH: folder, NODE_EXTRA_CA_CERTS: path('test/fixtures/tls/ca.pem'), ...recording }
  const on = (node: string, version: string, maySkip: boolean, modes: Record<string, string>): TestFile[] => all.map(file => {
    const name = relative(path('.'), file).replaceAll(sep, '/')
    return { name: `${name}${version}`, node, bundle: bundleOf(file), env: { ...env, ...modes }, maySkip }
  })
  if (embeddedOnly || !serversAreThere()) return on(process.execPath, '', !ci || embeddedOnly, { TEST_MODES: 'embedded' })
  await startServers()
  const [mysql, redis] = services.map(({ port }) => String(port))
  const here = on(process.execPath, '', !ci, { TEST_MODES: 'embedded,server', TEST_DB_PORT: mysql ?? '', TEST_REDIS_PORT: redis ?? '' })
  if (!ci || files.length > 0) return here
  return [...here, ...on(await node24(), ' on Node 24', true, { TEST_MODES: 'embedded' }).filter(({ name }) => AGAIN.test(name))]
}

async function tests (): Promise<void> {
  for (const stranger of strangers()) fail(`${stranger}: no such test, nor an option: npm test -- [--embedded] [test/routes/flow.test.ts …]`)
  if (failed > 0) return
  if (files.length === 0) {
    await Promise.all([
      step('types', path('node_modules/typescript/bin/tsc'), '--noEmit'),
      step('types of the pages', path('node_modules/typescript/bin/tsc'), '--noEmit', '--project', path('pages')),
      step('lint', path('node_modules/eslint/bin/eslint.js'), '.')
    ])
  }
  if (!await run('bundling the tests', process.execPath, [path('test/bundle.mjs')])) {
    fail('the tests could not be built')
    return
  }
  mkdirSync(answers)
  const which = await chosen()
  if (services.length === 0 && ci && !embeddedOnly) fail('server mode: its servers are not there')
  say('\n— tests')
  await runFiles(which, ending.signal, take)
  judgeAnswers(services.length === 0)
}

async function cleanUp (): Promise<void> {
  await Promise.all(services.splice(0).map(service => service.stop()))
  // Retried while what was ended still writes.
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => { ending.abort() })

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
