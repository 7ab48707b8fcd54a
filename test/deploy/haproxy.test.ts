import { get } from 'node:http'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { root } from '../../src/root.ts'
import { modes } from '../helper.ts'
import { until } from '../support/faults.ts'
import { noHaproxy, pairBehindHaproxy, startHaproxy } from '../support/haproxy.ts'
import { recorder, send } from '../support/nginx.ts'
import { ask, emptyFolder } from '../support/program.ts'
import { freePort } from '../support/services.ts'
import { steadyLoad } from '../support/steady.ts'

const skip = noHaproxy
const PATIENCE_MS = 30_000
const CLIENTS = 6
// They wait most of the time, so they wait together.
t.jobs = 4

if (modes.includes('server')) {
  t.test('behind HAProxy', { skip, buffered: true }, async t => {
    const pair = await pairBehindHaproxy(t)

    await t.test('S1: both instances are restarted in turn under load: no request fails', async t => {
      const load = steadyLoad(pair.url, pair.askings, { clients: CLIENTS, pause: 5 })
      await until(async () => load.tally.sent > 50, PATIENCE_MS)
      t.equal(await pair.restart(0), 0)
      t.equal(await pair.restart(1), 0)
      const { sent, failed } = await load.stop()
      t.strictSame(failed, [], `of ${sent} requests`)
    })

    await t.test('S2: an instance is killed outright: only what it was doing fails, and of that nothing that may be done twice', async t => {
      const load = steadyLoad(pair.url, pair.askings, { clients: CLIENTS, pause: 5 })
      await until(async () => load.tally.sent > 50, PATIENCE_MS)
      pair.instances[0].child.kill('SIGKILL')
      t.equal(await pair.instances[0].ended, 'SIGKILL')
      const before = load.tally.sent
      await until(async () => load.tally.sent > before + 100, PATIENCE_MS)
      await pair.revive(0)
      const { failed } = await load.stop()
      t.strictSame(failed.filter(why => !why.startsWith('POST')), [])
      t.ok(failed.length <= CLIENTS, `${failed.length} of ${CLIENTS} that could be under way: ${failed.join()}`)
    })
  })
}

/** A port that takes requests and ends each connection without an answer, and what was asked there. */
async function silent (t: Test): Promise<{ port: number, asked: string[] }> {
  const asked: string[] = []
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', chunk => {
      const [first = ''] = String(chunk).split('\r\n')
      if (first.includes(' /health ')) return socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n')
      asked.push(first)
      socket.destroy()
    })
  })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  return { port: (server.address() as AddressInfo).port, asked }
}

t.test('through HAProxy, what is lost without an answer is asked again where that is no harm, and only there', { skip, buffered: true }, async t => {
  const [one, two] = [await silent(t), await silent(t)]
  const { url } = await startHaproxy(t, [one.port, two.port])
  const asked = (): number => one.asked.length + two.asked.length
  const before = asked()
  const port = Number(new URL(url).port)
  t.match(await send(port, { method: 'POST', path: '/Auth/Login', body: '{}' }), { status: 502, headers: { 'retry-after': String(catalogue.Busy.retryAfter) }, body: { Code: catalogue.Busy.code, Msg: catalogue.Busy.zh } })
  t.equal(asked() - before, 1, 'a POST once')
  t.match(await send(port, { path: '/CheckJWTToken' }), { status: 502 })
  t.ok(asked() - before > 3, 'a GET again')
  t.ok(one.asked.length > 0 && two.asked.length > 0, 'and at the other, too')
})

t.test('through HAProxy, an instance that is not there costs nobody a request, whatever the method', { skip, buffered: true }, async t => {
  const application = await recorder(t)
  const { url } = await startHaproxy(t, [application.port, await freePort()])
  for (let i = 0; i < 10; i++) t.match(await ask(`${url}/Auth/Login`, {}), { status: 200 })
  t.equal(application.received.filter(({ url }) => url === '/Auth/Login').length, 10)
})

t.test('L6: through HAProxy, a client is who it is, whatever it claims; each request has an id of its own', { skip, buffered: true }, async t => {
  const application = await recorder(t)
  const { url } = await startHaproxy(t, [application.port, application.port])
  const claims = { 'X-Forwarded-For': '203.0.113.9', 'x-forwarded-proto': 'https', 'X-Forwarded-Host': 'evil.example', Forwarded: 'for=203.0.113.9', 'X-Real-IP': '203.0.113.9', 'X-Request-Id': 'mine' }
  for (let i = 0; i < 2; i++) await ask(`${url}/CheckJWTToken`, undefined, claims)
  const asked = application.received.filter(({ url }) => url === '/CheckJWTToken')
  t.equal(asked.length, 2)
  const host = new URL(url).host
  for (const { values } of asked) {
    t.strictSame([values('X-Forwarded-For'), values('X-Forwarded-Proto'), values('X-Forwarded-Host')], [['127.0.0.1'], ['http'], [host]])
    t.strictSame([values('Forwarded'), values('X-Real-IP')], [[], []])
    t.match(values('X-Request-Id'), [/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/])
  }
  t.equal(new Set(asked.flatMap(({ values }) => values('X-Request-Id'))).size, 2)
})

t.test('X4: through HAProxy, no instance has anything to do with a request before it is whole', { skip, buffered: true }, async t => {
  const instance = await silent(t)
  const { url } = await startHaproxy(t, [instance.port, instance.port])
  const asked = (): number => instance.asked.filter(line => line.startsWith('POST')).length
  const socket = connect(Number(new URL(url).port), '127.0.0.1', () => { socket.write('POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{"Email"') })
  socket.on('error', () => {})
  t.teardown(() => { socket.destroy() })
  await sleep(1_000)
  t.equal(asked(), 0)
  socket.write(' '.repeat(92))
  await until(async () => asked() === 1, PATIENCE_MS)
})

/** What somebody at another address is answered. */
async function statusFor (localAddress: string, url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => { get(url, { localAddress, agent: false }, response => { resolve(response.resume().statusCode) }).on('error', reject) })
}

t.test('X4: through HAProxy, who holds more connections open than one client has use for keeps nobody else out', { skip: skip || (process.platform === 'linux' ? false : 'Linux alone has several addresses on loopback'), buffered: true }, async t => {
  const application = await recorder(t)
  const { url } = await startHaproxy(t, [application.port, application.port])
  const port = Number(new URL(url).port)
  const held = new Set<Socket>()
  const most = 200
  await Promise.all(Array.from({ length: most + 50 }, () => new Promise<void>(resolve => {
    const socket = connect(port, '127.0.0.1', resolve)
    held.add(socket)
    socket.on('error', () => { resolve() })
    socket.on('close', () => { held.delete(socket) })
  })))
  t.teardown(() => { for (const socket of held) socket.destroy() })
  await until(async () => held.size <= most)
  t.ok(held.size > most / 2, 'those that it may have stay')
  t.equal(await statusFor('127.0.0.2', `${url}/CheckJWTToken`), 200, 'another is served')
  await t.rejects(statusFor('127.0.0.1', `${url}/CheckJWTToken`), 'and this one is not')
})

t.test('X1: HAProxy terminates TLS: the service is told so, and the client to stay with it', { skip, buffered: true }, async t => {
  const application = await recorder(t)
  const certificate = join(emptyFolder(t), 'dream-auth.pem')
  writeFileSync(certificate, ['pem', 'key'].map(kind => readFileSync(new URL(`test/fixtures/tls/server.${kind}`, root), 'utf8')).join(''))
  const { url } = await startHaproxy(t, [application.port, application.port], `ssl crt ${certificate}`)
  const answer = await ask(`${url}/CheckJWTToken`)
  t.match(answer, { status: 200 })
  t.equal(answer.headers.get('strict-transport-security'), 'max-age=31536000')
  // HAProxy's own looks at /health come between.
  t.strictSame(application.received.find(({ url }) => url === '/CheckJWTToken')?.values('X-Forwarded-Proto'), ['https'])
})
