import { readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import { sql } from 'kysely'
import { createConnection } from 'mysql2/promise'
import type { Test } from 'tap'
import type { Overrides } from '../plugins/services.ts'
import { buildApp, type App } from '../src/app.ts'
import { loadConfig, type Config } from '../src/config.ts'
import { createLog } from '../src/log.ts'
import { root } from '../src/root.ts'
import { patiently, persistently, signUp } from './support/patience.ts'
import { scratchFolder } from './support/scratch.ts'
import type { Ending } from './support/services.ts'
import { startSmtp, type ReceivedMail } from './support/smtp.ts'

export type Mode = Config['mode']

/** The modes this run tests: server mode is there only where `test/run.ts` has started its servers. */
export const modes = (process.env.TEST_MODES ?? 'embedded').split(',') as Mode[]

export { digest } from './support/digest.ts'

/** An answer: HTTP status, headers, and the body, which is an envelope on every route that answers JSON. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | number | undefined>
  body: { Code: number, Msg: string } & Record<string, unknown>
  text: string
}

interface Asking { headers?: Record<string, string>, from?: string }

/** A running service with everything a test may ask of it and of the stores behind it. */
export interface World {
  mode: Mode
  app: App
  config: Config
  /** Every line logged so far. */
  log: () => string
  get: (url: string, asking?: Asking) => Promise<Answer>
  post: (url: string, body: unknown, asking?: Asking) => Promise<Answer>
  /** By any method. */
  ask: (method: string, url: string, body: unknown, asking?: Asking) => Promise<Answer>
  patch: (url: string, body: unknown, asking?: Asking) => Promise<Answer>
  remove: (url: string, body?: unknown, asking?: Asking) => Promise<Answer>
  /** The mails received so far, oldest first: from the development mailbox, or from a real SMTP server in server mode. */
  mails: () => Promise<ReceivedMail[]>
  /** The newest code mailed to an address. */
  codeFor: (email: string) => Promise<string>
  /** Rows of a statement that may be repeated, whichever the database. */
  rows: (statement: string) => Promise<Array<Record<string, unknown>>>
  /** The Redis of server mode, through a connection of its own. */
  redis: Redis
  /** Signs up and verifies, patiently. */
  register: (account: { Name: string, Email: string, Password: string }, asking?: Asking) => Promise<void>
  /** Logs in, patiently, and returns the token. */
  login: (account: { Email: string, Password: string }) => Promise<string>
  /** Takes back the wait for the next code, as if the cooldown had passed. */
  endCooldown: () => Promise<void>
  /** Lets time pass for sessions, codes and counters: the service's own clocks, and that of Redis in server mode. */
  pass: (milliseconds: number) => Promise<void>
}

let serial = 0

function methodOf (method: string): 'GET' | 'POST' | 'PATCH' | 'DELETE' {
  if (method === 'GET' || method === 'POST' || method === 'PATCH' || method === 'DELETE') return method
  throw new Error(`no route has the method ${method}`)
}

/** The header of a token. */
export const bearer = (token: string): { headers: Record<string, string> } => ({ headers: { authorization: `Bearer ${token}` } })

/** Settings of a new, empty deployment: a folder, or a database and a Redis number of its own. Removed with the test. */
export async function deployment (t: Ending, mode: Mode): Promise<Record<string, string>> {
  const common = { LOG_LEVEL: 'debug', PASSWORD_HASH_ITERATIONS: '1000', PORT: '0', HOST: '127.0.0.1' }
  if (mode === 'embedded') return { ...common, DATA_DIR: scratchFolder(t, 'data') }
  const { TEST_DB_PORT = '', TEST_REDIS_PORT = '' } = process.env
  const name = `dream_${process.pid}_${++serial}`
  const redis = new Redis(Number(TEST_REDIS_PORT))
  const number = await redis.incr('test:databases')
  redis.disconnect()
  t.teardown(async () => {
    const connection = await createConnection({ port: Number(TEST_DB_PORT), host: '127.0.0.1', user: 'root' })
    await connection.query(`DROP DATABASE IF EXISTS ${name}`)
    await connection.end()
  })
  return {
    ...common,
    DB_HOST: '127.0.0.1',
    DB_PORT: TEST_DB_PORT,
    DB_NAME: name,
    DB_POOL_SIZE: '5',
    REDIS_HOST: '127.0.0.1',
    REDIS_PORT: TEST_REDIS_PORT,
    REDIS_DB: String(number),
    JWT_SECRET_KEY: 'a key for tests: 9f2b7c41e8d05a63b1f4'
  }
}

/**
 * Builds the service over a deployment of its own; all of it ends with the test.
 *
 * @param settings as an operator would set them, over cheap and safe ones for tests
 */
export async function build (t: Test, mode: Mode, settings: Record<string, string> = {}, overrides: Overrides = {}): Promise<World> {
  const smtp = mode === 'server' && settings.EMAIL_SMTP_SERVER === undefined ? await startSmtp(t) : undefined
  const config = loadConfig({ ...await deployment(t, mode), ...smtp?.settings, ...settings })
  const lines: string[] = []
  const logger = createLog(config.LOG_LEVEL, { write: line => { lines.push(line) } })
  let passed = 0
  const app = await buildApp(config, { clock: () => performance.now() + passed, wallClock: () => Date.now() + passed, ...overrides }, logger)
  const redis = new Redis({ host: config.REDIS_HOST, port: config.REDIS_PORT, db: config.REDIS_DB, lazyConnect: true })
  t.teardown(async () => {
    redis.disconnect()
    await app.close()
  })

  const ask: World['ask'] = async (method, url, payload, { headers = {}, from = '127.0.0.1' } = {}) => {
    const raw = typeof payload === 'string' || payload instanceof Buffer
    const { statusCode, headers: answered, body } = await app.inject({
      method: methodOf(method),
      url,
      remoteAddress: from,
      headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
      ...(payload !== undefined && { payload: raw ? payload : JSON.stringify(payload) })
    })
    const json = String(answered['content-type']).startsWith('application/json')
    return { status: statusCode, headers: answered, body: json ? JSON.parse(body) : {}, text: body }
  }

  const world: World = {
    mode,
    app,
    config,
    redis,
    log: () => lines.join(''),
    ask,
    get: (url, asking) => ask('GET', url, undefined, asking),
    post: (url, body, asking) => ask('POST', url, body, asking),
    patch: (url, body, asking) => ask('PATCH', url, body, asking),
    remove: (url, body, asking) => ask('DELETE', url, body, asking),
    mails: async () => smtp?.mails ?? (app.mailbox?.list() ?? []).map(({ to, subject, text, html }) => ({ to, subject, text, html, headers: {} })).reverse(),
    codeFor: async email => {
      const [code] = (await world.mails()).filter(({ to }) => to === email).flatMap(({ text }) => /\b\d{6}\b/.exec(text)?.[0] ?? []).slice(-1)
      if (code === undefined) throw new Error(`no code was mailed to ${email}`)
      return code
    },
    rows: async statement => (await persistently(() => sql.raw<Record<string, unknown>>(statement).execute(app.database))).rows,
    register: (account, asking) => signUp((path, body) => world.post(path, body, asking), world.codeFor, account),
    login: async ({ Email, Password }) => {
      const { body, text } = await patiently(() => world.post('/Auth/Login', { Email, Password }))
      if (typeof body.Token !== 'string') throw new Error(`not logged in: ${text}`)
      return body.Token
    },
    endCooldown: async () => {
      for (const key of await redis.keys('dream:wait:*')) await redis.del(key)
    },
    pass: async milliseconds => {
      passed += milliseconds
      if (mode === 'embedded') return
      // Redis has no clock to turn: every key that has an end comes as much nearer to it instead.
      for (const key of await redis.keys('dream:*')) {
        const left = await redis.pttl(key)
        if (left >= 0) await redis.pexpire(key, left - Math.round(milliseconds))
      }
    }
  }
  return world
}

/** A file of the repository. */
export function file (name: string): string {
  return readFileSync(new URL(name, root), 'utf8')
}
