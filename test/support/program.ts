import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/root.ts'
import { signUp } from './patience.ts'
import { stop, type Ending } from './services.ts'

/** After how long nothing will be said any more. */
const PATIENCE_MS = 120_000

/** The compiled program that a name of `dist/` stands for. */
export function compiled (name: 'server' | 'migrate' | 'adopt' | 'keys' | 'user'): string {
  const file = fileURLToPath(new URL(`dist/${name}.js`, root))
  if (!existsSync(file)) throw new Error(`${file} is missing: run "npm run build"`)
  return file
}

/** An empty working directory, removed with the test. */
export function emptyFolder (t: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'dream-program-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}

/** A process of this test, and what it has printed so far. */
export interface Program {
  child: ChildProcess
  stdout: () => string
  stderr: () => string
  /** The log, line by line; empty where it is not JSON. */
  log: () => Array<{ level: number, msg: string } & Record<string, unknown>>
  /** Waits until the program has said something. Fails when it ends before. */
  says: (words: string | RegExp) => Promise<void>
  /** Waits until it listens, and gives its address. */
  url: () => Promise<string>
  /** Its exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>
}

/** Starts a command with the settings as its environment and nothing else of ours in it; it ends with the test. */
export function start (t: Ending, command: string, args: string[], settings: Record<string, string>, folder: string): Program {
  const { PATH = '', NODE_EXTRA_CA_CERTS = '', TEST_ANSWERS } = process.env
  // tap has every process that a test starts load its own hooks; behind "env -i" the program is as users run it, but that its answers are recorded.
  const recording = TEST_ANSWERS !== undefined && { TEST_ANSWERS, NODE_OPTIONS: `--import=${new URL('dist-test/answers.recorder.js', root)}` }
  const environment = Object.entries({ PATH, NODE_EXTRA_CA_CERTS, ...recording, ...settings }).map(([key, value]) => `${key}=${value}`)
  const child = spawn('env', ['-i', ...environment, command, ...args], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdin.on('error', () => {})
  child.stdout.on('data', chunk => { stdout += String(chunk) })
  child.stderr.on('data', chunk => { stderr += String(chunk) })
  // "close" rather than "exit": by then all that was printed has been read.
  const ended = new Promise<number | NodeJS.Signals | null>(resolve => { child.once('close', (code, signal) => { resolve(code ?? signal) }) })
  t.teardown(() => stop(child))

  const log: Program['log'] = () => stdout.split('\n').flatMap(line => {
    try {
      return [JSON.parse(line)]
    } catch {
      return []
    }
  })
  const says = (words: string | RegExp): Promise<void> => new Promise((resolve, reject) => {
    const settle = (): void => {
      clearTimeout(timer)
      child.stdout.off('data', look)
      child.stderr.off('data', look)
    }
    const fail = (why: string): void => {
      settle()
      reject(new Error(`${why} before it said ${String(words)}:\n${stdout}${stderr}`))
    }
    const timer = setTimeout(() => { fail('took too long') }, PATIENCE_MS)
    const look = (): void => {
      const said = stdout + stderr
      if (typeof words === 'string' ? !said.includes(words) : !words.test(said)) return
      settle()
      resolve()
    }
    child.stdout.on('data', look)
    child.stderr.on('data', look)
    ended.then(() => { fail('ended') }, reject)
    look()
  })

  return {
    child,
    stdout: () => stdout,
    stderr: () => stderr,
    log,
    says,
    async url () {
      await says('Docs  ')
      const [, url] = /Address {2}(http:\/\/[^\s"]+)/.exec(stdout) ?? []
      if (url === undefined) throw new Error(`no address in the log:\n${stdout}`)
      return url
    },
    ended
  }
}

/** Starts the compiled service on a port of the system's choice. */
export function serve (t: Ending, settings: Record<string, string> = {}, folder = emptyFolder(t)): Program {
  return start(t, process.execPath, [compiled('server')], { PORT: '0', HOST: '127.0.0.1', PASSWORD_HASH_ITERATIONS: '1000', ...settings }, folder)
}

/** What came of a start: the exit code, or the address where it listens instead of refusing to start. */
export async function outcome (program: Program): Promise<unknown> {
  return Promise.race([program.ended, program.url().catch(() => program.ended)])
}

export interface HttpAnswer { status: number, headers: Headers, text: string, body: { Code?: number } & Record<string, unknown> }

/** Asks over real HTTP: a POST where there is a body. */
export async function ask (url: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer> {
  const response = await fetch(url, body === undefined ? { headers } : { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, body: text.startsWith('{') ? JSON.parse(text) : {} }
}

/** The newest code in the development mailbox. */
export async function codeFrom (url: string, email: string): Promise<string> {
  const { text } = await ask(`${url}/dev/mailbox.json?To=${encodeURIComponent(email)}`)
  const [code] = /\b\d{6}\b/.exec(JSON.parse(text).Mails[0]?.Subject ?? '') ?? []
  if (code === undefined) throw new Error(`no code for ${email}: ${text}`)
  return code
}

/** Signs up and verifies over real HTTP, patiently, with the code of the development mailbox. */
export async function register (url: string, person: { Name: string, Email: string, Password: string }): Promise<void> {
  await signUp((path, body) => ask(url + path, body), email => codeFrom(url, email), person)
}
