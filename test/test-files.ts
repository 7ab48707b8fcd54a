import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readTapReport, type TapReport } from './tap-report.ts'

// In place of tap's own runner: that has each process, and each thread of it, note which files it loads, which takes half a second of a core a file, as much as most tests.

/** A file of tests, as it is to be run. */
export interface TestFile {
  /** What people call it. */
  name: string
  node: string
  bundle: string
  env: NodeJS.ProcessEnv
  /** Whether tests may leave themselves out. */
  maySkip: boolean
}

export interface FileReport extends TapReport {
  seconds: number
  /** What it wrote besides its report. */
  stderr: string
}

/** More than there are cores: many tests wait. */
const JOBS = 4
/** For what hangs, where a file asks for no other by `t.setTimeout`: beside others on a busy machine the longest takes some minutes. */
const TIMEOUT_SECONDS = 300
/** When a process that did not even notice its own time-out is ended. */
const HANG_MS = 400_000

/** Slow ones, begun first so that none is left for the end. A file that is missing here costs a little time, nothing else. */
const LONG = [
  'security/enumeration', 'pages/flows', 'pages/admin', 'routes/contract', 'browser/docs', 'properties/sessions', 'pages/trouble', 'program/adopt', 'browser/mails', 'program/workers', 'pages/admin-access',
  'program/keys', 'security/keys-overlap', 'pages/returning', 'outages/outages', 'cluster/redis-cluster', 'cluster/redis-sentinel', 'program/user'
].map(name => `test/${name}.test.ts`)

/** A report in the Test Anything Protocol with one test: the file, which holds all that it has reported itself. */
function asTest (name: string, output: string, ended: number | NodeJS.Signals | null): string {
  const lines = output.split('\n').filter(line => !line.startsWith('TAP version')).map(line => `    ${line}`)
  if (ended !== 0) return ['TAP version 14', `# Subtest: ${name}`, ...lines, `not ok 1 - ${name}`, '  ---', `  ended: ${JSON.stringify(ended)}`, '  ...', '1..1', ''].join('\n')
  if (!lines.some(line => /^ *(not )?ok /.test(line))) return ['TAP version 14', `ok 1 - ${name} # SKIP no tests`, '1..1', ''].join('\n')
  return ['TAP version 14', `# Subtest: ${name}`, ...lines, `ok 1 - ${name}`, '1..1', ''].join('\n')
}

async function runFile ({ name, node, bundle, env }: TestFile, ending: AbortSignal): Promise<FileReport> {
  const begun = performance.now()
  const child = spawn(node, ['--enable-source-maps', bundle], { stdio: ['ignore', 'pipe', 'pipe'], signal: ending, env: { ...env, TAP: '1', TAP_TIMEOUT: String(TIMEOUT_SECONDS) } })
  const output: Buffer[] = []
  const errors: Buffer[] = []
  child.stdout.on('data', chunk => { output.push(chunk) })
  child.stderr.on('data', chunk => { errors.push(chunk) })
  const guard = setTimeout(() => {
    child.kill('SIGKILL')
    // What it began and left behind may hold them open.
    child.stdout.destroy()
    child.stderr.destroy()
  }, HANG_MS)
  await once(child, 'close').finally(() => { clearTimeout(guard) })
  const ended = child.signalCode ?? child.exitCode
  const report = readTapReport(asTest(name, Buffer.concat(output).toString(), ended))
  return { ...report, seconds: (performance.now() - begun) / 1000, stderr: Buffer.concat(errors).toString() }
}

/**
 * Runs files of tests, some at a time.
 *
 * @param ending ends the run early, which it rejects then
 * @param report told of each file that has ended
 */
export async function runFiles (files: TestFile[], ending: AbortSignal, report: (file: TestFile, came: FileReport) => void): Promise<void> {
  const long = files.filter(({ name }) => LONG.includes(name)).sort((a, b) => LONG.indexOf(a.name) - LONG.indexOf(b.name))
  const waiting = [...long, ...files.filter(file => !long.includes(file))]
  const job = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) report(file, await runFile(file, ending))
  }
  await Promise.all(Array.from({ length: JOBS }, job))
}
