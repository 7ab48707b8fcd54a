import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const CONNECTIONS = 300
const DRIP_MS = 200

/** Ways to take for ever: what is sent at once, and what is dripped after it. */
const ways: Record<string, { first: string, drip: string }> = {
  'says nothing': { first: '', drip: '' },
  'never ends its headers': { first: 'POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\n', drip: 'X: y\r\n' },
  'never ends its first line': { first: 'GET /', drip: 'a' },
  'never ends its body': { first: 'POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 10000\r\n\r\n{', drip: ' ' },
  'never ends its chunks': { first: 'POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n', drip: '1\r\n \r\n' },
  'stays when it was answered': { first: 'GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n', drip: '' }
}

/** Whether it asks for something in full. */
const isAnswered = ({ first, drip }: { first: string, drip: string }): boolean => first.endsWith('\r\n\r\n') && drip === ''

interface Slow { socket: Socket, received: () => string, ended: () => boolean }

function slow (t: Test, port: number, { first, drip }: { first: string, drip: string }, reads = true): Slow {
  let received = ''
  let timer: NodeJS.Timeout | undefined
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(first)
    if (drip !== '') timer = setInterval(() => { if (socket.writable) socket.write(drip) }, DRIP_MS)
  })
  socket.on('error', () => {})
  if (reads) socket.on('data', chunk => { received += String(chunk) })
  t.teardown(() => {
    clearInterval(timer)
    socket.destroy()
  })
  return { socket, received: () => received, ended: () => socket.closed || socket.readableEnded }
}

interface Limits { headersTimeout: number, requestTimeout: number, keepAliveTimeout: number, timeout: number }

const impatient = (ms: number): Limits => ({ headersTimeout: ms, requestTimeout: ms, keepAliveTimeout: ms, timeout: 30_000 })
/** Longer than any test takes. */
const patient = impatient(600_000)

/** The service with limits that a test can wait for; how long they really are has a test of its own. */
async function listen (t: Test, mode: World['mode'], limits: Limits): Promise<{ world: World, port: number }> {
  const world = await build(t, mode, { LOG_LEVEL: 'info' })
  Object.assign(world.app.server, limits)
  return { world, port: Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port) }
}

const connections = ({ app }: World): Promise<number> => new Promise((resolve, reject) => { app.server.getConnections((error, count) => { if (error === null) resolve(count); else reject(error) }) })

/** The files of a name that this process has open. */
function openFiles (name: string): string[] {
  if (process.platform !== 'linux') return []
  const links = readdirSync('/proc/self/fd').map(number => { try { return readlinkSync(`/proc/self/fd/${number}`) } catch { return '' } })
  return links.filter(link => link.endsWith(name))
}

for (const mode of modes) {
  t.test(`${mode}: X4: whoever is slow with headers, body or the next request is cut off, and told so where that is of use`, async t => {
    const { world, port } = await listen(t, mode, { ...patient, keepAliveTimeout: 400 })
    const clients = Object.entries(ways).map(([title, way]) => ({ title, way, ...slow(t, port, way) }))
    await until(async () => clients.every(({ way, received }) => !isAnswered(way) || received() !== ''))
    Object.assign(world.app.server, impatient(400))
    await until(async () => clients.every(({ ended }) => ended()))
    await until(async () => await connections(world) === 0)
    for (const { title, way, received } of clients) {
      const answered = isAnswered(way)
      t.match(received(), answered ? /^HTTP\/1\.1 200 / : /^HTTP\/1\.1 408 /, title)
      t.match(JSON.parse(received().split('\r\n\r\n')[1] ?? ''), { Code: answered ? 200 : 400, Msg: String }, title)
    }
    t.notMatch(world.log(), /"level":[56]0/)
  })

  t.test(`${mode}: X4: whoever does not read the answer is cut off`, async t => {
    const { world, port } = await listen(t, mode, { ...patient, timeout: 400 })
    const arrived = once(world.app.server, 'connection')
    const { socket } = slow(t, port, { first: 'GET /docs/static/swagger-ui-bundle.js HTTP/1.1\r\nHost: localhost\r\n\r\n'.repeat(20), drip: '' }, false)
    await arrived
    await until(async () => socket.bytesWritten > 0)
    await until(async () => await connections(world) === 0)
    // None of what it asked for stays open.
    await until(async () => openFiles('swagger-ui-bundle.js').length === 0)
  })

  t.test(`${mode}: X4: ${CONNECTIONS} slow clients keep nobody from logging in, and leave nothing behind`, async t => {
    const { world, port } = await listen(t, mode, patient)
    await world.register(alice)
    const kinds = Object.values(ways)
    const clients = Array.from({ length: CONNECTIONS }, (_, i) => {
      const way = kinds[i % kinds.length] ?? { first: '', drip: '' }
      return { way, ...slow(t, port, way) }
    })
    await until(async () => await connections(world) === CONNECTIONS)
    const login = await fetch(`http://127.0.0.1:${port}/Auth/Login`, { method: 'POST', headers: { 'content-type': 'application/json', connection: 'close' }, body: JSON.stringify({ Email: alice.Email, Password: alice.Password }) })
    t.match(await login.json(), { Code: 200 })
    t.notOk(clients.some(({ ended }) => ended()), 'while they were there')
    Object.assign(world.app.server, impatient(400))
    // Those that were answered were given the limit of that time: they ask once more.
    for (const { way, socket } of clients) if (isAnswered(way)) socket.write(way.first)
    await until(async () => clients.every(({ ended }) => ended()))
    await until(async () => await connections(world) === 0)
  })

  t.test(`${mode}: X4: every limit is set, and somebody looks at the clock often enough`, async t => {
    const { app: { server } } = await build(t, mode)
    t.match(server, { headersTimeout: 10_000, requestTimeout: 15_000, timeout: 30_000, keepAliveTimeout: 72_000, connectionsCheckingInterval: 1_000 })
  })
}
