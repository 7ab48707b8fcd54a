import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { fileURLToPath } from 'node:url'
import { Redis } from 'ioredis'
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise'
import smCrypto from 'sm-crypto'
import { startService, type Running } from '../bench/service.ts'
import { root } from '../src/root.ts'
import { startMariadb, startRedis } from '../test/support/services.ts'
import { startSmtp, type ReceivedMail, type TestSmtp } from '../test/support/smtp.ts'
import { ask, type Answer, type Asking } from './http.ts'

export interface Person { Name: string, Email: string, Password: string }

/** Processes of the compiled service over a database and a Redis number of their own. */
export interface Deployment {
  processes: Running[]
  redis: Redis
  /** Asks the processes in turn. */
  post: (path: string, body: unknown, asking?: Asking) => Promise<Answer>
  /** Whether a token is good, asked of each process. */
  check: (token: unknown) => Promise<number[]>
  rows: (statement: string, values?: string[]) => Promise<RowDataPacket[]>
  /** Lets time pass for all that Redis keeps: as far as it can tell, a wait of so many seconds. */
  pass: (seconds: number) => Promise<void>
  /** Forgets every count and code, so that one attack is no help or hindrance to the next. */
  calm: () => Promise<void>
  /** Signs up and verifies, as the owner of the mailbox does. */
  register: (person?: Person) => Promise<Person>
  login: ({ Email, Password }: Person, from: string) => Promise<Answer>
  /** Runs a program of the deployment, such as `adopt`, as an operator does beside the service. Returns what it says. */
  run: (program: string, ...args: string[]) => Promise<string>
  /** Kills a process, without any notice, and starts another in its place. */
  kill: (process: Running) => void
  revive: (process: Running) => Promise<void>
}

/** Where the attacks take place: all of it on loopback, and gone with the run. */
export interface Ground {
  /** Two processes, cheap hashes: what counts is how many guesses are let through. */
  main: Deployment
  /** Two processes, hashes at a cost that shows in time; tokens are signed with EdDSA, by keys of a file. */
  dear: Deployment
  /** HIDE_ACCOUNTS=true, and hashes that are keyed with a pepper. */
  hidden: Deployment
  /** CAPTCHA=altcha, at its usual difficulty; two processes. */
  working: Deployment
  /** Over the same database and Redis as `main`, without any proxy that it would believe. */
  direct: Deployment
  mails: ReceivedMail[]
  smtp: TestSmtp
  /** The newest code mailed to an address. */
  codeFor: (email: string) => string
}

export const SECRET = 'for the attacks alone: 5e7d0a94c2b8f613'

export const ITERATIONS = { cheap: 2_000, dear: 50_000 }

const PASS = `
for _, key in ipairs(redis.call('KEYS', 'dream:*')) do
  local left = redis.call('PTTL', key)
  if left > 0 and left <= tonumber(ARGV[1]) then redis.call('DEL', key)
  elseif left > 0 then redis.call('PEXPIRE', key, left - tonumber(ARGV[1])) end
end`

export const digest = (password: string): string => smCrypto.sm3(password)

let serial = 0

/** Somebody nobody knows yet. */
export function somebody (): Person {
  const number = ++serial
  return { Name: `Somebody ${number}`, Email: `somebody${number}@example.com`, Password: digest(`a password of ${number}`) }
}

/** A block of IPv4 addresses that nobody has come from yet, without its last number. */
export function freshBlock (): string {
  const number = ++serial
  return `11.${number >> 8 & 255}.${number & 255}`
}

export const freshNetwork = (): string => `${freshBlock()}.1`

/** Networks in as many blocks. */
export function freshNetworks (count: number, blocks: number): string[] {
  const prefixes = Array.from({ length: blocks }, freshBlock)
  return Array.from({ length: count }, (_, i) => `${prefixes[i % blocks]}.${1 + Math.floor(i / blocks)}`)
}

/** @param hold begins what must be ended with the run, however that ends */
export async function prepareGround (folder: string, hold: <T extends { stop: () => unknown }>(begin: () => Promise<T>) => Promise<T>): Promise<Ground> {
  const [mysql, redis, smtp] = await Promise.all([
    hold(() => startMariadb(folder)),
    hold(() => startRedis(folder)),
    hold(() => startSmtp({ teardown () {} }))
  ])

  async function deploy (number: number, count: number, settings: Record<string, string>): Promise<Deployment> {
    const name = `dream_${number}`
    const all: Record<string, string> = {
      NODE_EXTRA_CA_CERTS: fileURLToPath(new URL('test/fixtures/tls/ca.pem', root)),
      LOG_LEVEL: 'error',
      DB_HOST: '127.0.0.1',
      DB_PORT: String(mysql.port),
      DB_NAME: name,
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(redis.port),
      REDIS_DB: String(number),
      JWT_SECRET_KEY: SECRET,
      PASSWORD_DENYLIST: 'on',
      PASSWORD_HASH_ITERATIONS: String(ITERATIONS.cheap),
      ...smtp.settings,
      ...settings
    }
    const run = async (program: string, ...args: string[]): Promise<string> => {
      const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(new URL(`dist/${program}.js`, root)), ...args], { cwd: folder, env: { PATH: process.env.PATH, ...all } })
      return stdout.trim()
    }
    if (settings.JWT_KEYS_FILE !== undefined) await run('keys', 'create')
    const start = (): Promise<Running> => hold(() => startService(all, folder))
    const processes = [await start()]
    while (processes.length < count) processes.push(await start())
    const client = new Redis({ host: '127.0.0.1', port: redis.port, db: number })
    const pool: Pool = createPool({ host: '127.0.0.1', port: mysql.port, user: 'root', database: name, connectionLimit: 2 })
    await hold(async () => ({ stop: async () => { client.disconnect(); await pool.end() } }))
    let turn = 0

    const deployment: Deployment = {
      processes,
      redis: client,
      post: (path, body, asking) => ask(processes[turn++ % processes.length]?.url ?? '', path, { ...asking, body }),
      check: async token => (await Promise.all(processes.map(({ url }) => ask(url, '/CheckJWTToken', { method: 'GET', headers: { authorization: `Bearer ${String(token)}` } })))).map(({ code }) => code),
      rows: async (statement, values = []) => (await pool.query<RowDataPacket[]>(statement, values))[0],
      pass: async seconds => { await client.eval(PASS, 0, seconds * 1000) },
      calm: async () => { await client.flushdb() },
      run,
      async register (person = somebody()) {
        const asking = { from: freshNetwork() }
        const signed = await deployment.post('/Auth/Sign', person, asking)
        const verified = await deployment.post('/Auth/Verify', { ...person, VerifyCode: ground.codeFor(person.Email) }, asking)
        if (signed.code !== 200 || verified.code !== 200) throw new Error(`not registered: ${signed.text} ${verified.text}`)
        return person
      },
      login: ({ Email, Password }, from) => deployment.post('/Auth/Login', { Email, Password }, { from }),
      kill: ({ child }) => { child.kill('SIGKILL') },
      async revive (process) { processes[processes.indexOf(process)] = await start() }
    }
    return deployment
  }

  const trusting = { TRUST_PROXY: '127.0.0.1' }
  const ground: Ground = {
    main: await deploy(1, 2, trusting),
    dear: await deploy(2, 2, { ...trusting, PASSWORD_HASH_ITERATIONS: String(ITERATIONS.dear), JWT_ALGORITHM: 'EdDSA', JWT_KEYS_FILE: join(folder, 'keys.json') }),
    hidden: await deploy(3, 1, { ...trusting, HIDE_ACCOUNTS: 'true', PASSWORD_PEPPER: 'a pepper for the attacks: c41d9e07b2f8' }),
    working: await deploy(4, 2, { ...trusting, CAPTCHA: 'altcha' }),
    direct: await deploy(1, 1, {}),
    smtp,
    mails: smtp.mails,
    codeFor (email) {
      const [code] = /\b\d{6}\b/.exec(smtp.mails.findLast(mail => mail.to === email)?.text ?? '') ?? []
      if (code === undefined) throw new Error(`no code was mailed to ${email}`)
      return code
    }
  }
  return ground
}

/** Waits until something is so, two seconds at most, and says whether it came to be. */
export async function soon (so: () => boolean): Promise<boolean> {
  for (let i = 0; i < 40 && !so(); i++) await sleep(50)
  return so()
}

/** A code that is not this one. */
export function otherThan (code: string, i = 0): string {
  return String((Number(code) + 1 + i) % 1_000_000).padStart(6, '0')
}
