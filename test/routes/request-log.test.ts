import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { until } from '../support/faults.ts'
import { holdHashes } from '../support/hashes.ts'
import { METRICS_TOKEN, scrape } from '../support/metrics.ts'
import { exchange } from '../support/wire.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: digest('wrong') }
const GIVEN = 'edge-6f1d0a3e9b7c4d2e8f5a'
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'

const lines = ({ log }: World): Array<Record<string, unknown>> => log().trim().split('\n').map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request')

for (const mode of modes) {
  t.test(`${mode}: G1, G3: a request has one id in its answer, in its line of the log and in the audit trail: that of a trusted proxy, or one made here`, async t => {
    const world = await build(t, mode, { TRUST_PROXY: '127.0.0.1' })
    const ids = [{ 'x-request-id': GIVEN }, { 'x-request-id': `${GIVEN}\u0001` }, {}].map(async headers => (await world.post('/Auth/Login', login, { headers })).headers['x-request-id'])
    const [given, refused, made] = await Promise.all(ids)
    t.equal(given, GIVEN)
    t.match([refused, made], [UUID, UUID])
    await world.app.events.flush()
    const kept = (await world.rows('SELECT RequestID FROM Events')).map(({ RequestID }) => RequestID)
    t.same(kept.sort(), [given, refused, made].sort(), 'whole')
    t.same(lines(world).map(({ reqId }) => reqId).sort(), kept)
  })

  t.test(`${mode}: G3: who is no trusted proxy does not name requests`, async t => {
    const world = await build(t, mode)
    t.match((await world.post('/Auth/Login', login, { headers: { 'x-request-id': GIVEN } })).headers['x-request-id'], UUID)
    t.notMatch(world.log(), GIVEN)
  })
}

t.test('one line a request: id, method, route, HTTP status, Code, time and the trace of its caller', async t => {
  const world = await build(t, 'embedded')
  const headers = { traceparent: `00-${TRACE}-00f067aa0ba902b7-01` }
  await world.post('/Auth/Login', login, { headers })
  await world.get('/nowhere', { headers: { traceparent: `00-${TRACE}-00f067aa0ba902b7-01-more` } })
  await world.get('/Auth/Login')
  const [wrong, nowhere, method, ...others] = lines(world)
  t.match(wrong, { reqId: UUID, method: 'POST', route: '/Auth/Login', status: 200, code: 501, traceId: TRACE })
  t.ok(Number(wrong?.ms) > 0)
  t.match(nowhere, { method: 'GET', route: 'unknown', status: 404, code: 404 })
  t.equal(nowhere?.traceId, undefined, 'what is no traceparent is ignored')
  t.match(method, { route: 'unknown', status: 405 })
  t.equal(others.length, 0)
})

t.test('every answer that has a line names its id, whoever gave it; probes and checks of tokens have neither', async t => {
  const world = await build(t, 'embedded')
  for (const url of ['/nowhere', '/Auth/Login', '/openapi.json']) t.match((await world.get(url)).headers, { 'x-request-id': UUID }, url)
  for (const url of ['/health', '/health/live', '/CheckJWTToken']) t.equal((await world.get(url)).headers['x-request-id'], undefined, url)
  t.equal(lines(world).length, 3)
})

t.test('G1, G3: whoever hangs up before the answer comes has a line all the same, and is counted, once', async t => {
  const held = holdHashes()
  const world = await build(t, 'embedded', { METRICS_TOKEN }, held.overrides)
  const { hashQueue, server } = world.app
  const port = Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port)
  const body = JSON.stringify(login)
  const request = `POST /Auth/Login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const arrived = once(server, 'connection')
  held.hold(t)
  const socket = connect(port, '127.0.0.1', () => { socket.write(request + request) })
  await until(async () => hashQueue.running + hashQueue.waiting === 2)
  const [there] = await arrived
  const gone = once(there, 'close')
  socket.destroy()
  await gone
  held.release()
  await until(async () => lines(world).length === 2)
  await world.get('/nowhere')
  t.match(lines(world), [{ route: '/Auth/Login', code: 501, hungUp: true }, { route: '/Auth/Login', code: 501, hungUp: true }, { route: 'unknown', hungUp: undefined }])
  t.equal(lines(world).length, 3)
  t.equal((await scrape(world)).value('dream_auth_http_requests_total', { route: '/Auth/Login' }), 2)
})

t.test('G1, G3: what cannot be read is counted, by its answer alone, and a URL that cannot be has a line that does not repeat it', async t => {
  const world = await build(t, 'embedded', { METRICS_TOKEN })
  const port = Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port)
  const { headers } = await world.get('/%zz/alice@example.com')
  t.match(headers, { 'x-request-id': UUID })
  t.match(lines(world), [{ reqId: headers['x-request-id'], method: 'GET', route: 'unknown', status: 400, code: 400 }])
  for (const bytes of ['no request\r\n\r\n', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`]) await exchange(port, bytes)
  const { value } = await scrape(world)
  const count = (method: string, status: string): number | undefined => value('dream_auth_http_requests_total', { route: 'unknown', method, status, code: '400' })
  t.same([count('GET', '400'), count('other', '400'), count('other', '431')], [1, 1, 1])
  t.notMatch(world.log(), /alice|%zz/)
})
