import t from 'tap'
import { build, modes } from '../helper.ts'
import { ask, outcome, serve } from '../support/program.ts'
import { METRICS_TOKEN, parseMetrics } from '../support/metrics.ts'

for (const mode of modes) {
  t.test(`${mode}: where neither a port nor a token is set, there is no such path`, async t => {
    const world = await build(t, mode)
    t.match(await world.get('/metrics'), { status: 404, body: { Code: 404 } })
    t.equal(world.app.metrics, null, 'and nothing is counted')
  })

  t.test(`${mode}: T8: metrics are for who has the token, and for nobody else`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN })
    for (const authorization of [undefined, '', 'Bearer', `Bearer ${METRICS_TOKEN}x`, `Bearer ${METRICS_TOKEN.slice(1)}`, METRICS_TOKEN, `Basic ${METRICS_TOKEN}`, `Bearer x ${METRICS_TOKEN}`]) {
      const answer = await world.get('/metrics', authorization === undefined ? {} : { headers: { authorization } })
      t.match(answer, { status: 401, headers: { 'www-authenticate': /^Bearer/, 'cache-control': 'no-store' }, body: { Code: 401 } }, authorization ?? 'no header')
    }
    t.match(await world.get(`/metrics?token=${encodeURIComponent(METRICS_TOKEN)}`), { status: 401 })
    const scraped = await world.get('/metrics', { headers: { authorization: `Bearer ${METRICS_TOKEN}` } })
    t.match(scraped, { status: 200, headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' } })
    t.match(parseMetrics(scraped.text).types, { dream_auth_http_requests_total: 'counter' })
    t.notMatch(world.log(), METRICS_TOKEN)
  })
}

t.test('METRICS_PORT has them on a port of their own, and the port of the service has not', async t => {
  const program = serve(t, { METRICS_PORT: '0' })
  const url = await program.url()
  const [, metrics = ''] = /Metrics {2}(http:\/\/[^\s"]+)/.exec(program.stdout()) ?? []
  t.match(await ask(`${url}/metrics`), { status: 404, body: { Code: 404 } })
  await ask(`${url}/health`)
  const scraped = await ask(metrics)
  t.equal(scraped.status, 200)
  t.equal(parseMetrics(scraped.text).value('dream_auth_http_requests_total', { route: '/health' }), 1)
  t.equal((await ask(new URL('/health', metrics).href)).status, 404, 'nothing else is there')
  t.equal((await ask(metrics, {})).status, 405)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0, 'it keeps no process from ending')
})

t.test('F1: without a token that port is for this machine alone, wherever the service listens', async t => {
  const program = serve(t, { METRICS_PORT: '0', HOST: '0.0.0.0' })
  await program.url()
  t.match(program.stdout(), /Metrics {2}http:\/\/127\.0\.0\.1:/)
  const guarded = serve(t, { METRICS_PORT: '0', METRICS_TOKEN, HOST: '0.0.0.0' })
  await guarded.url()
  t.match(guarded.stdout(), /Metrics {2}http:\/\/0\.0\.0\.0:/)
})

t.test('a token guards that port too', async t => {
  const program = serve(t, { METRICS_PORT: '0', METRICS_TOKEN })
  const url = await program.url()
  const [, metrics = ''] = /Metrics {2}(http:\/\/[^\s"]+)/.exec(program.stdout()) ?? []
  t.equal((await ask(metrics)).status, 401)
  t.equal((await ask(metrics, undefined, { authorization: `Bearer ${METRICS_TOKEN}` })).status, 200)
  t.equal((await ask(`${url}/metrics`, undefined, { authorization: `Bearer ${METRICS_TOKEN}` })).status, 404)
})

t.test('F1: a port that is taken stops the start, by a line that names METRICS_PORT', async t => {
  const first = serve(t, { METRICS_PORT: '0' })
  await first.url()
  const [, port = ''] = /Metrics {2}http:\/\/[^:]+:(\d+)/.exec(first.stdout()) ?? []
  const second = serve(t, { METRICS_PORT: port })
  t.equal(await outcome(second), 1)
  t.match(second.stderr(), /^dream-auth cannot start: METRICS_PORT is in use/m)
  t.notMatch(second.stdout(), /Address/, 'before anybody is served')
})
