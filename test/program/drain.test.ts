import { request } from 'node:http'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import Sqlite from 'libsql'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, deployment, digest, modes, type Mode } from '../helper.ts'
import { credentialsOf, network, newPerson, until } from '../support/faults.ts'
import { ask, register, serve, type Program } from '../support/program.ts'
import { steadyLoad, type Asking } from '../support/steady.ts'

const root = { Email: 'root@example.com', Password: digest('the operator') }
const admin = { BOOTSTRAP_ADMIN_EMAIL: root.Email, BOOTSTRAP_ADMIN_PASSWORD: root.Password }
/** What a stop with nothing to wait for takes at the most, on a busy machine; one that hangs is told by its exit code, too. */
const AT_ONCE_MS = 20_000
/** Within this time each client has to ask once more: a moment, unless the machine is busy. */
const LEAVE_TAKING = { SHUTDOWN_DELAY: '8' }
/** As many as one account may have hashed at once where the machine has a single core. */
const CLIENTS = 5
const PATIENCE_MS = 30_000

// They wait most of the time, so they wait together.
t.jobs = 3

/** How many events of a kind are stored, whether or not the service runs. */
async function stored (mode: Mode, settings: Record<string, string>, type: string): Promise<number> {
  const statement = 'SELECT COUNT(*) AS number FROM Events WHERE Type = ?'
  if (mode === 'embedded') {
    const file = new Sqlite(join(settings.DATA_DIR ?? '', 'dream.db'))
    const row = file.prepare(statement).get(type)
    file.close()
    return Number(Object(row).number)
  }
  const connection = await createConnection({ host: '127.0.0.1', port: Number(settings.DB_PORT), user: 'root', database: settings.DB_NAME ?? '' })
  const [rows] = await connection.query(statement, [type])
  await connection.end()
  return Number(Object(Array.isArray(rows) ? rows[0] : undefined).number)
}

/** Logins of the administrator, and the token of somebody else, whom those do not log out. */
async function signedIn (url: string): Promise<Asking[]> {
  const alice = newPerson()
  await register(url, alice)
  const { body } = await ask(`${url}/Auth/Login`, credentialsOf(alice))
  return [
    { method: 'GET', path: '/CheckJWTToken', headers: { authorization: `Bearer ${String(body.Token)}` }, codes: [200] },
    { method: 'POST', path: '/Auth/Login', body: root, codes: [202] },
    { method: 'GET', path: '/health/live', codes: [200] }
  ]
}

/** Begins a request that the service waits for the body of. */
async function hanging (url: string): Promise<{ failed: Promise<unknown> }> {
  const asking = request(`${url}/Auth/Login`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 100, expect: '100-continue' } })
  const failed = new Promise(resolve => { asking.once('error', resolve) })
  await new Promise(resolve => { asking.once('continue', resolve) })
  return { failed }
}

async function stops (program: Program): Promise<{ code: unknown, ms: number }> {
  const start = performance.now()
  program.child.kill('SIGTERM')
  return { code: await program.ended, ms: performance.now() - start }
}

for (const mode of modes) {
  t.test(`${mode}: S1: under load, SIGTERM first turns /health to 503; every request is answered, every event stored, and the program exits 0`, { buffered: true }, async t => {
    const settings = { ...await deployment(t, mode), ...admin, ...LEAVE_TAKING }
    const program = serve(t, settings)
    const url = await program.url()
    const askings = await signedIn(url)
    const load = steadyLoad(url, askings, { clients: CLIENTS, leaves: true })
    await until(async () => load.tally.sent > 50, PATIENCE_MS)
    program.child.kill('SIGTERM')
    await until(async () => (await ask(`${url}/health`)).status === 503)
    t.match(await ask(`${url}/health`), { status: 503, headers: { get: Function }, body: { Code: 529, Status: 'down', Checks: { Database: { Status: 'up' } } } })
    t.match(await ask(`${url}/health/live`), { status: 200, body: { Code: 200 } }, 'and it is alive')
    t.match(await ask(`${url}/Auth/Login`, root), { body: { Code: 202 } }, 'who comes meanwhile is served')
    await load.left
    t.equal(await program.ended, 0)
    const { sent, failed, closed } = load.tally
    t.strictSame(failed, [], `of ${sent} requests`)
    t.equal(closed, CLIENTS, 'every client was told to close its connection')
    await t.rejects(ask(`${url}/health/live`))
    t.equal(program.stderr(), '')
    t.equal(await stored(mode, settings, 'login'), program.log().filter(line => line.route === '/Auth/Login').length)
  })

  t.test(`${mode}: S1: what is not finished within SHUTDOWN_GRACE is cut off, and the log says so`, { buffered: true }, async t => {
    const program = serve(t, { ...await deployment(t, mode), SHUTDOWN_GRACE: '5' })
    const { failed } = await hanging(await program.url())
    const { code, ms } = await stops(program)
    t.equal(code, 0, 'nothing is lost that was answered')
    t.ok(ms < 5_000 + AT_ONCE_MS)
    await failed
    t.match(program.log().filter(({ open }) => open !== undefined), [{ level: 40, open: 1, msg: /^1 requests are not finished and are cut off/ }])
  })

  t.test(`${mode}: S1: a second signal does not wait`, { buffered: true }, async t => {
    const program = serve(t, { ...await deployment(t, mode), SHUTDOWN_DELAY: '60' })
    await program.url()
    program.child.kill('SIGTERM')
    await program.says('finishing what is under way')
    t.match(await stops(program), { code: 1 })
  })

  t.test(`${mode}: SIGHUP to a single process is ignored, and it says so`, { buffered: true }, async t => {
    const program = serve(t, await deployment(t, mode))
    const url = await program.url()
    program.child.kill('SIGHUP')
    await program.says('SIGHUP: ignored')
    t.match(await ask(`${url}/health`), { status: 200 })
    t.match(await stops(program), { code: 0 })
  })
}

t.test('S1: a connection on which nothing was asked yet is still good in the moment of the signal', { buffered: true }, async t => {
  const program = serve(t, await deployment(t, 'embedded'))
  const url = await program.url()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => { socket.destroy() })
  await new Promise(resolve => { socket.once('connect', resolve) })
  let answer = ''
  socket.on('data', chunk => { answer += String(chunk) })
  const closed = new Promise(resolve => { socket.once('close', resolve) })
  program.child.kill('SIGTERM')
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await closed
  t.match(answer, /^HTTP\/1\.1 200 /)
  t.equal(await program.ended, 0)
})

t.test('S1: whoever was let in at the last moment, and asks a moment later, is answered', { buffered: true }, async (t: Test) => {
  const { app } = await build(t, 'embedded')
  const port = Number(new URL(await app.listen({ port: 0, host: '127.0.0.1' })).port)
  let letIn: number | undefined
  app.server.on('connection', ({ remotePort }) => { letIn = remotePort })
  const dial = (): Promise<Socket | undefined> => new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => { resolve(socket) })
    socket.on('error', () => { resolve(undefined) })
    t.teardown(() => { socket.destroy() })
  })
  const dialled = [await dial()]
  const closing = app.close()
  while (dialled.at(-1) !== undefined) dialled.push(await dial())
  const last = dialled.find(socket => socket?.localPort === letIn)
  let answer = ''
  last?.on('data', chunk => { answer += String(chunk) })
  const closed = new Promise(resolve => { last?.once('close', resolve) })
  last?.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await closed
  t.match(answer, /^HTTP\/1\.1 200 /)
  await closing
})

if (modes.includes('server')) {
  t.test('S1, D1, D3: a database and a Redis that do not answer do not keep the program', { buffered: true }, async (t: Test) => {
    const settings = await deployment(t, 'server')
    const [database, redis] = [await network(t, Number(settings.DB_PORT)), await network(t, Number(settings.REDIS_PORT))]
    const program = serve(t, { ...settings, ...admin, DB_PORT: String(database.port), REDIS_PORT: String(redis.port) })
    const url = await program.url()
    t.match(await ask(`${url}/Auth/Login`, root), { body: { Code: 202 } })
    database.hold()
    redis.hold()
    const { code, ms } = await stops(program)
    t.equal(code, 0)
    t.ok(ms < 13_000 + AT_ONCE_MS, `after ${Math.round(ms)} ms`)
    t.notMatch(program.stdout(), /not everything was finished/)
  })
}
