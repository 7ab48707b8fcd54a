import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type autocannon from 'autocannon'
import { root } from '../src/root.ts'
import { find, startMariadb, startRedis } from '../test/support/services.ts'
import { check } from './check.ts'
import { denylist } from './denylist.ts'
import { median, round, type Figure } from './figure.ts'
import { againstBare, bearer, load, type Effort } from './load.ts'
import { revocationLatency } from './revocation.ts'
import { bareHashes, residentMegabytes, startBare, startService, type Running } from './service.ts'
import { healthInStorm } from './storm.ts'
import { enrol, logIn } from './tokens.ts'
import { threads } from './threads.ts'

// `npm run bench`: the compiled service against bare peers, in turn, within one run. Figures are ratios of medians: the
// machine may be shared, and what disturbs one disturbs the other. Needs about ten minutes; --quick about three. --threads
// compares the places where hashes can run, and --check measures the check of tokens in embedded mode, in a minute, and nothing else.

const quick = process.argv.includes('--quick')
const EFFORT: Effort = quick ? { rounds: 3, seconds: 1 } : { rounds: 7, seconds: 3 }
const CHECK_EFFORT: Effort = { rounds: 12, seconds: 1 }
const HASH_ROUNDS = quick ? 1 : 3
const HASH_SECONDS = quick ? 4 : 10
const STARTS = quick ? 3 : 9
const LOGINS_AT_ONCE = 8
const ITERATIONS = 600_000
const REVOCATIONS = quick ? 50 : 200

const credentials = { Email: 'bench@example.com', Password: 'correct horse battery staple' }
const account = { Name: 'Bench', ...credentials }

async function post (url: string, body: unknown): Promise<Record<string, unknown>> {
  const answer = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return await answer.json() as Record<string, unknown>
}

/** Signs up through the mailbox. */
async function signUp ({ url }: Running): Promise<void> {
  await post(`${url}/Auth/Sign`, account)
  const mails = await (await fetch(`${url}/dev/mailbox.json`)).text()
  await post(`${url}/Auth/Verify`, { ...account, VerifyCode: /\b\d{6}\b/.exec(mails)?.[0] })
}

const loginLoad: Partial<autocannon.Options> = { method: 'POST', connections: LOGINS_AT_ONCE, duration: HASH_SECONDS, headers: { 'content-type': 'application/json' }, body: JSON.stringify(credentials) }

/** @param iterations of the bare peer's PBKDF2; 0 for Argon2id */
async function loginAgainstHash (what: string, { url }: Running, iterations: number): Promise<Figure> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let i = 0; i < HASH_ROUNDS; i++) {
    theirs.push(await bareHashes(LOGINS_AT_ONCE, HASH_SECONDS, iterations))
    const { requests, duration } = await load(`${url}/Auth/Login`, loginLoad)
    ours.push(requests.total / duration)
  }
  return { what: `${what}: Login`, value: round(median(ours) / median(theirs)), unit: '× bare hash', target: '≥ 0.95', detail: `${round(median(ours))} of ${round(median(theirs))} per second, ${LOGINS_AT_ONCE} at once` }
}

async function underStorm (mode: string, { url }: Running, token: string): Promise<Figure> {
  const calm: autocannon.Options = { url: `${url}/CheckJWTToken`, connections: 4, duration: HASH_SECONDS, ...bearer(token) }
  const idle = await load(calm.url, calm)
  const storm = load(`${url}/Auth/Login`, loginLoad)
  const stormy = await load(calm.url, calm)
  await storm
  return { what: `${mode}: CheckJWTToken p99 in a login storm`, value: round(stormy.latency.p99 / Math.max(1, idle.latency.p99)), unit: '× idle', target: '≤ 3', detail: `${stormy.latency.p99} ms, idle ${idle.latency.p99} ms (resolution 1 ms)` }
}

async function starts (folder: string): Promise<Figure[]> {
  const times: number[] = []
  let idle = 0
  for (let i = 0; i < STARTS; i++) {
    const service = await startService({ DATA_DIR: join(folder, 'starts') }, folder)
    times.push(service.startMs)
    if (i === STARTS - 1) {
      await sleep(3_000)
      idle = residentMegabytes(service)
    }
    await service.stop()
  }
  return [
    { what: 'embedded: start to first healthy answer', value: Math.round(median(times)), unit: 'ms', target: '≤ 500', detail: `median of ${STARTS}, worst ${Math.round(Math.max(...times))}` },
    { what: 'embedded: resident memory when idle', value: Math.round(idle), unit: 'MB', target: '≤ 110', detail: '3 s after the start' }
  ]
}

const SCHEMES = [{ scheme: 'pbkdf2-sm3', iterations: ITERATIONS }, { scheme: 'argon2id', iterations: 0 }]

async function measure (mode: string, settings: (scheme: string) => Record<string, string>, bare: Running, folder: string): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const { scheme, iterations } of SCHEMES) {
    const service = await startService({ ...settings(scheme), PASSWORD_HASH: scheme, PASSWORD_HASH_ITERATIONS: String(ITERATIONS), TRUST_PROXY: '127.0.0.1' }, folder)
    try {
      await signUp(service)
      // Of somebody else than those who log in all the time: an account has a hundred sessions at most.
      await enrol(service)
      const token = await logIn(service)
      if (iterations > 0) {
        figures.push(await againstBare(`${mode}: health`, '', EFFORT, bare, service, '/health'))
      }
      figures.push(await loginAgainstHash(`${mode}, ${scheme}`, service, iterations), await underStorm(`${mode}, ${scheme}`, service, token), await healthInStorm(`${mode}, ${scheme}`, service, HASH_ROUNDS))
    } finally {
      await service.stop()
    }
  }
  return figures
}

/** The check of tokens and, of two processes, how long a revocation takes from one to the other. Logins are many here, and cheap. */
async function measureTokens (mode: string, settings: Record<string, string>, bare: Running, folder: string): Promise<Figure[]> {
  const running: Running[] = []
  const start = async (): Promise<Running> => {
    const service = await startService({ ...settings, PASSWORD_HASH_ITERATIONS: '1000' }, folder)
    running.push(service)
    return service
  }
  try {
    const service = await start()
    const figures = await check(mode, CHECK_EFFORT, bare, service)
    return mode === 'embedded' ? figures : [...figures, await revocationLatency(service, await start(), REVOCATIONS)]
  } finally {
    for (const { stop } of running) await stop()
  }
}

async function measureCheck (folder: string, stops: Array<() => Promise<void>>): Promise<Figure[]> {
  const bare = await startBare()
  stops.push(bare.stop)
  return await measureTokens('embedded', { DATA_DIR: join(folder, 'check') }, bare, folder)
}

async function measureAll (folder: string, stops: Array<() => Promise<void>>): Promise<Figure[]> {
  const figures = [...denylist(), ...await starts(folder)]
  const bare = await startBare()
  stops.push(bare.stop)
  figures.push(...await measureTokens('embedded', { DATA_DIR: join(folder, 'check') }, bare, folder))
  figures.push(...await measure('embedded', scheme => ({ DATA_DIR: join(folder, scheme) }), bare, folder))
  if (find('mariadbd') === undefined || find('redis-server') === undefined) {
    process.stdout.write('server mode is left out: mariadbd and redis-server are not installed\n')
    return figures
  }
  const [mysql, redis] = [await startMariadb(folder), await startRedis(folder)]
  stops.push(mysql.stop, redis.stop)
  const server = { DB_HOST: '127.0.0.1', DB_PORT: String(mysql.port), REDIS_PORT: String(redis.port), JWT_SECRET_KEY: 'for the benchmark: 5e7d0a94c2b8f613' }
  figures.push(...await measureTokens('server', { ...server, DB_NAME: 'dream_tokens', REDIS_DB: '2' }, bare, folder))
  figures.push(...await measure('server', scheme => ({ ...server, DB_NAME: `dream_${scheme.slice(0, 6)}`, REDIS_DB: scheme === 'argon2id' ? '1' : '0' }), bare, folder))
  return figures
}

const folder = mkdtempSync(join(tmpdir(), 'dream-bench-'))
const stops: Array<() => Promise<void>> = []
try {
  const figures = process.argv.includes('--threads') ? await threads() : process.argv.includes('--check') ? await measureCheck(folder, stops) : await measureAll(folder, stops)
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism(), date: new Date().toISOString(), quick }
  writeFileSync(new URL('bench/report.json', root), JSON.stringify({ machine, figures }, null, 2))
  process.stdout.write(`\n${machine.cpu}, ${machine.cores} cores, Node ${machine.node}\n\n| Figure | Measured | Target | Detail |\n|---|---|---|---|\n`)
  for (const { what, value, unit, target, detail } of figures) process.stdout.write(`| ${what} | ${value} ${unit} | ${target} | ${detail} |\n`)
  process.stdout.write('\nbench/report.json has the same figures.\n')
} finally {
  for (const end of stops) await end()
  rmSync(folder, { recursive: true, force: true })
}
