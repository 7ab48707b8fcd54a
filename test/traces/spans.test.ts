import { createServer, type AddressInfo } from 'node:net'
import t from 'tap'
import { bearer, build, digest, modes } from '../helper.ts'
import { startCollector } from '../support/collector.ts'
import { until } from '../support/faults.ts'
import { ask, emptyFolder, serve } from '../support/program.ts'

const alice = { Name: 'Alice', Email: 'alice.secretive@example.com', Password: digest('correct horse battery staple') }
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736'
const PARENT = '00f067aa0ba902b7'
const traced = { traceparent: `00-${TRACE}-${PARENT}-01` }

for (const mode of modes) {
  t.test(`${mode}: each request is a span with its route, HTTP status and Code, in its caller's trace`, async t => {
    const collector = await startCollector(t)
    const world = await build(t, mode, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
    await world.register(alice)
    const login = { Email: alice.Email, Password: digest('wrong') }
    await world.post('/Auth/Login', login, { headers: traced })
    await world.get('/nowhere/alice.secretive@example.com?code=123456', { headers: traced })
    await world.app.close()
    const [wrong, nowhere, ...others] = (await collector.received(4)).filter(({ traceId }) => traceId === TRACE)
    t.match(wrong, { name: 'POST /Auth/Login', parentSpanId: PARENT, kind: 2, status: 0, attributes: { 'http.route': '/Auth/Login', 'http.request.method': 'POST', 'http.response.status_code': 200, 'dream_auth.code': 501 } })
    t.match(nowhere, { name: 'GET', parentSpanId: PARENT, attributes: { 'http.response.status_code': 404, 'dream_auth.code': 404 } })
    t.equal(others.length, 0)
    t.equal(new Set(collector.spans.map(({ traceId }) => traceId)).size, 3, 'who brings no trace has one of its own')
    const logged = world.log().trim().split('\n').map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request')
    t.same(logged.map(({ traceId }) => traceId), collector.spans.map(({ traceId }) => traceId), 'the log names the same traces')
    t.same(logged.map(({ reqId }) => reqId), collector.spans.map(({ attributes }) => attributes['dream_auth.request_id']), 'and the same requests')
  })
}

t.test('where traces are sent, no request is answered before it could be traced', async t => {
  const collector = await startCollector(t)
  const world = await build(t, 'embedded', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  await world.register(alice)
  const { headers } = bearer(await world.login(alice))
  const url = await world.app.listen({ port: 0, host: '127.0.0.1' })
  for (let i = 0; i < 3; i++) await (await fetch(`${url}/CheckJWTToken`, { headers })).text()
  await world.app.close()
  t.equal((await collector.received(6)).filter(({ name }) => name === 'GET /CheckJWTToken').length, 3)
})

t.test('what its caller does not sample is not sent', async t => {
  const collector = await startCollector(t)
  const world = await build(t, 'embedded', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  await world.get('/health', { headers: { traceparent: `00-${TRACE}-${PARENT}-00` } })
  await world.get('/health', { headers: traced })
  await world.app.close()
  t.equal((await collector.received(1)).length, 1)
})

t.test('S1: a stop sends what is left, and takes no longer for a collector that never answers', async t => {
  const collector = await startCollector(t)
  const program = serve(t, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  await ask(`${await program.url()}/health/live`, undefined, traced)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.match(await collector.received(1), [{ traceId: TRACE, name: 'GET /health/live' }])

  const mute = await startCollector(t, { answers: 0 })
  const other = serve(t, { OTEL_EXPORTER_OTLP_ENDPOINT: mute.endpoint })
  await ask(`${await other.url()}/health/live`)
  other.child.kill('SIGTERM')
  t.equal(await other.ended, 0, 'within the time a stop may take: else it ends with 1')
})

t.test('a collector that is away costs one line in the log, and no answer', async t => {
  const world = await build(t, 'embedded', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' })
  const url = await world.app.listen({ port: 0, host: '127.0.0.1' })
  const complaints = (): string[] => world.log().split('\n').filter(line => line.includes('traces cannot be delivered'))
  for (let i = 0; i < 3_000; i++) {
    const answer = await world.get('/health/live')
    if (answer.status !== 200) t.fail(answer.text)
    if (i % 500 === 0) t.equal((await fetch(`${url}/health/live`)).status, 200)
  }
  await world.app.close()
  t.ok(complaints().length <= 1, complaints().join('\n'))
  t.equal(world.log().split('\n').filter(line => line !== '' && JSON.parse(line).level >= 40).length, complaints().length, 'and no other complaint')
})

t.test('one that comes back is told of, and gets what happens from then on', async t => {
  const held = createServer(socket => { socket.destroy() })
  await new Promise<void>(resolve => { held.listen(0, '127.0.0.1', resolve) })
  const { port } = held.address() as AddressInfo
  const program = serve(t, { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` }, emptyFolder(t))
  const url = await program.url()
  await ask(`${url}/health/live`)
  await program.says('traces cannot be delivered')
  await new Promise(resolve => { held.close(resolve) })
  const collector = await startCollector(t, { port })
  await ask(`${url}/health/live`, undefined, traced)
  await until(async () => collector.spans.some(({ traceId }) => traceId === TRACE))
  await program.says('traces are delivered again')
})
