import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { root } from '../../src/root.ts'
import { startGalera, type Node } from '../support/galera.ts'
import { ask, serve as serveProgram } from '../support/program.ts'
import { startRedisCluster, startSentinels } from '../support/redis-nodes.ts'
import { find, freePort, serve, startRedis } from '../support/services.ts'
import { folderOf, Stage } from '../support/stage.ts'
import { Stream, type Person } from './stream.ts'

// `npm run test:cluster`: three nodes of Galera behind HAProxy, Redis with Sentinel and Redis Cluster, two processes of the service;
// one node after another is killed under load. Prints what was lost and for how long; exits with 1 where a promise is broken.

const KEY = 'a key for the cluster: 9f2b7c41e8d05a63b1f4'
/** How long the stream runs on after each fault. */
const AFTER_MS = 15_000
const CALM_MS = 5_000
const SUSPECT_SECONDS = Number(process.argv[2] ?? 1)

const stage = new Stage()
const folder = folderOf(stage)
const broken: string[] = []
const table: Array<Record<string, unknown>> = []

function promise (kept: boolean, what: string): void {
  if (!kept) broken.push(what)
  process.stdout.write(`${kept ? 'kept' : 'BROKEN'}: ${what}\n`)
}

async function database (): Promise<{ nodes: Node[], port: number }> {
  const nodes = await startGalera(folder, { suspectSeconds: SUSPECT_SECONDS }, node => { stage.teardown(() => node.service().stop()) })
  const port = await freePort()
  const file = fileURLToPath(new URL('deploy/haproxy/database.cfg', root))
  const addresses = Object.fromEntries(nodes.map(({ port }, i) => [`DREAM_DATABASE_${i + 1}`, `127.0.0.1:${port}`]))
  Object.assign(process.env, { DREAM_DATABASE_BIND: `127.0.0.1:${port}`, ...addresses })
  const balancer = await serve(find('haproxy') ?? 'haproxy', ['-f', file, '-db'], port, () => true)
  stage.teardown(balancer.stop)
  return { nodes, port }
}

/** Two processes of the compiled program. */
async function service (settings: Record<string, string>, ports: number[]): Promise<{ urls: string[], stop: () => Promise<void> }> {
  const programs = ports.map(port => serveProgram(stage, {
    DB_HOST: '127.0.0.1', DB_PORT: String(port), DB_USER: 'dream', DB_PASSWORD: 'dream', JWT_SECRET_KEY: KEY, TRUST_PROXY: '127.0.0.1', PASSWORD_DENYLIST: 'off', ...settings
  }))
  const urls = await Promise.all(programs.map(program => program.url()))
  return {
    urls,
    stop: async () => {
      for (const { child } of programs) child.kill('SIGTERM')
      await Promise.all(programs.map(({ ended }) => ended))
    }
  }
}

/** The node that has the connections of the service. */
async function writer (nodes: Node[]): Promise<Node> {
  const counts = await Promise.all(nodes.map(async node => Number((await node.rows("SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE USER = 'dream'"))[0]?.n)))
  const found = nodes[counts.indexOf(Math.max(...counts))]
  if (found === undefined) throw new Error('no node')
  return found
}

async function fault (stream: Stream, name: string, happens: () => unknown): Promise<void> {
  await sleep(CALM_MS)
  stream.take()
  await happens()
  await sleep(AFTER_MS)
  const before = stream.acknowledged.length
  const { sent, failed, gapMs } = stream.take()
  table.push({ fault: name, sent, failed: JSON.stringify(failed), 'longest gap (s)': (gapMs / 1000).toFixed(1) })
  await sleep(CALM_MS)
  promise(stream.acknowledged.length > before, `${name}: service came back by itself`)
}

async function everyAccountOnce (nodes: Node[], people: Person[]): Promise<void> {
  for (const [i, node] of nodes.entries()) {
    const rows = await node.rows('SELECT Email FROM dream.Users')
    const counts = new Map<string, number>()
    for (const { Email } of rows) counts.set(String(Email), (counts.get(String(Email)) ?? 0) + 1)
    promise(people.every(({ Email }) => counts.get(Email) === 1), `each of ${people.length} acknowledged accounts is once on node ${i + 1}`)
  }
}

/** Both processes change the same row on different nodes at once: Galera lets one through and rolls the other back. */
async function twoWriters (nodes: Node[], settings: Record<string, string>, person: Person): Promise<void> {
  const conflicts = async (): Promise<number> => (await Promise.all(nodes.map(async node => (await node.rows("SHOW STATUS WHERE Variable_name IN ('wsrep_local_cert_failures', 'wsrep_local_bf_aborts')")).reduce((sum, { Value }) => sum + Number(Value), 0)))).reduce((a, b) => a + b)
  const { urls, stop } = await service(settings, nodes.slice(0, 2).map(({ port }) => port))
  const before = await conflicts()
  const codes: Record<string, number> = {}
  for (let i = 0; i < 40; i++) {
    const tokens = await Promise.all(urls.map(async url => String((await ask(`${url}/Auth/Login`, { Email: person.Email, Password: person.Password }, { 'x-forwarded-for': `10.9.${i}.1` })).body.Token)))
    for (const { body } of await Promise.all(urls.map((url, j) => ask(`${url}/Auth/Logout`, { All: true }, { authorization: `Bearer ${tokens[j]}` })))) codes[String(body.Code)] = (codes[String(body.Code)] ?? 0) + 1
  }
  const provoked = await conflicts() - before
  table.push({ fault: 'two writers', sent: 80, failed: JSON.stringify(codes), 'longest gap (s)': `${provoked} conflicts` })
  promise(provoked > 0, `conflicts between nodes were provoked: ${provoked}`)
  promise(Object.keys(codes).every(code => code === '200' || code === '401'), 'every one of them was tried again: none failed')
  await stop()
}

async function run (): Promise<void> {
  const { nodes, port } = await database()
  const sentinels = await startSentinels(folder)
  stage.teardown(sentinels.stop)
  let { urls, stop } = await service(sentinels.settings, [port, port])
  let stream = new Stream(urls)
  const people: Person[] = []

  const first = await writer(nodes)
  await fault(stream, 'database: the writer', () => process.kill(first.service().pid, 'SIGKILL'))
  await first.rejoin()
  promise(true, 'the killed node is in step again')
  const second = await writer(nodes)
  const other = nodes.find(node => node !== second)
  await fault(stream, 'database: another node', () => { if (other !== undefined) process.kill(other.service().pid, 'SIGKILL') })
  await other?.rejoin()
  const master = await sentinels.master()
  await fault(stream, 'Redis: the master, Sentinel', () => process.kill(master.pid, 'SIGKILL'))
  stage.teardown((await startRedis(join(folder, 'redis-0'), master.port)).stop)
  await stream.end()
  promise(stream.revived === 0, `none of ${stream.revoked.length} revoked tokens was good again`)
  people.push(...stream.acknowledged)
  await stop()

  const redis = await startRedisCluster(folder)
  stage.teardown(redis.stop)
  ;({ urls, stop } = await service(redis.settings, [port, port]))
  stream = new Stream(urls)
  const owner = await redis.ownerOf('dream:revocations:0:count')
  await fault(stream, 'Redis: a master, Cluster', () => process.kill(owner.pid, 'SIGKILL'))
  await stream.end()
  promise(stream.revived === 0, `none of ${stream.revoked.length} revoked tokens was good again`)
  people.push(...stream.acknowledged)

  await everyAccountOnce(nodes, people)
  let loggedIn = 0
  for (const [i, { Email, Password }] of people.entries()) {
    const { body } = await ask(`${urls[0]}/Auth/Login`, { Email, Password }, { 'x-forwarded-for': `11.${i >> 16}.${i >> 8 & 255}.${i & 255}` })
    if (body.Code === 200) loggedIn++
  }
  promise(loggedIn === people.length, `${loggedIn} of ${people.length} can log in`)
  await stop()
  const [person] = people
  if (person !== undefined) await twoWriters(nodes, redis.settings, person)
}

try {
  await run()
} catch (error) {
  broken.push(String(error))
  process.stderr.write(`${String(error)}\n`)
} finally {
  // What was killed need not be ended.
  await stage.end().catch(() => {})
}
console.table(table)
// What still asks would keep the process.
process.exit(broken.length === 0 ? 0 : 1)
