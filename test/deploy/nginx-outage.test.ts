import { createServer, type AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { modes, type Answer } from '../helper.ts'
import { newPerson, until } from '../support/faults.ts'
import { ANSWER, guarded, noNginx, recorder, send, startNginx, type Guarded } from '../support/nginx.ts'
import { freePort } from '../support/services.ts'

const skip = noNginx
/** The configuration bounds it by four seconds; without that it would be a minute. */
const BOUND_MS = 20_000
// They wait most of the time, so they wait together.
t.jobs = 4

const identity = { 'x-auth-user-id': '7', 'x-auth-role': 'user' }

function unavailable (t: Test, answer: Answer, why: string): void {
  t.match(answer, { status: 503, headers: { 'retry-after': String(catalogue.Busy.retryAfter), 'cache-control': 'no-store' }, body: { Code: catalogue.Busy.code, Msg: catalogue.Busy.zh } }, why)
}

const faults: Record<string, { lose: (way: Guarded['way']) => unknown }> = {
  down: { lose: way => way.refuse() },
  paused: { lose: way => way.hold() }
}

for (const mode of modes) {
  for (const [what, { lose }] of Object.entries(faults)) {
    t.test(`${mode}: T9: behind nginx, while the service is ${what} nobody is let through, and everybody is told in time`, { skip, buffered: true }, async t => {
      const { world, ask, received, way } = await guarded(t, mode)
      const alice = newPerson()
      await world.register(alice)
      const token = await world.login(alice)
      t.match(await ask({ token }), { status: 200 })
      await lose(way)
      const start = performance.now()
      const answers = await Promise.all([{ token }, { token: 'a.b.c' }, {}, { token, method: 'POST', body: '{}' }].map(ask))
      t.ok(performance.now() - start < BOUND_MS, 'in time')
      for (const answer of answers) unavailable(t, answer, what)
      t.match(await ask({ token, headers: [['Accept-Language', 'en-GB,en;q=0.9']] }), { status: 503, body: { Msg: catalogue.Busy.en } })
      t.equal(received.length, 1, 'the application has heard of none of it')
      await way.pass()
      await until(async () => (await ask({ token })).status === 200)
      t.match(await ask({ token: 'a.b.c' }), { status: 401 })
    })
  }
}

t.test('T9: only a yes that names somebody is a yes to nginx', { skip }, async t => {
  const application = await recorder(t)
  const verdict = async (headers: Record<string, string>, status: number): Promise<Answer> => send(await startNginx(t, (await recorder(t, headers, status)).port, application.port), { token: 'x.y.z' })
  for (const status of [301, 302, 400, 404, 405, 429, 500, 502, 503, 504, 529]) unavailable(t, await verdict({ ...identity, location: '/' }, status), String(status))
  t.match(await verdict(identity, 401), { status: 401 })
  t.match(await verdict(identity, 403), { status: 403 })
  unavailable(t, await verdict({}, 200), 'a yes that names nobody')
  unavailable(t, await verdict({ 'x-auth-user-id': '' }, 200), 'or an empty name')
  for (const bytes of ['', 'yes\r\n\r\n', 'HTTP/1.1 200 OK\r\nX-Auth-User-Id: 7\r\n', 'HTTP/1.1 200 OK\r\nX-Auth-User-Id']) {
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', () => { socket.end(bytes) })
    })
    await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
    t.teardown(() => { server.close() })
    unavailable(t, await send(await startNginx(t, (server.address() as AddressInfo).port, application.port), { token: 'x.y.z' }), JSON.stringify(bytes))
  }
  t.equal(application.received.length, 0, 'the application has heard of none of it')
  t.match(await verdict(identity, 200), { status: 200 })
  t.equal(application.received.length, 1)
})

t.test('what the application answers itself comes through nginx as it is', { skip }, async t => {
  const auth = await recorder(t, identity)
  for (const status of [401, 403, 404, 500, 503]) {
    const application = await recorder(t, { 'www-authenticate': 'Basic', 'content-type': 'text/plain' }, status)
    t.match(await send(await startNginx(t, auth.port, application.port), { token: 'x.y.z' }), { status, text: ANSWER, headers: { 'www-authenticate': 'Basic', 'retry-after': undefined } }, String(status))
  }
  t.match(await send(await startNginx(t, auth.port, await freePort()), { token: 'x.y.z' }), { status: 502 }, 'and where it is down, that is no fault of the service')
})
