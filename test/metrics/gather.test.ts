import cluster, { type Worker } from 'node:cluster'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { gatherFromWorkers } from '../../src/metrics/gather.ts'
import { serveMetrics } from '../../src/metrics/listener.ts'
import { root } from '../../src/root.ts'
import { parseMetrics } from '../support/metrics.ts'

const message = async (worker: Worker): Promise<void> => { await new Promise(resolve => { worker.once('message', resolve) }) }

t.test('of several processes the primary shows the sum, of a dependency the worst, and goes on without one that has ended', async t => {
  cluster.setupPrimary({ exec: fileURLToPath(new URL('dist-test/support.metrics-worker.js', root)) })
  const workers = ['1', '1', '0'].map(DATABASE_UP => cluster.fork({ DATABASE_UP }))
  t.teardown(() => { for (const worker of workers) worker.kill() })
  await Promise.all(workers.map(message))
  const { url, close } = await serveMetrics(gatherFromWorkers(), { host: '127.0.0.1', port: 0, token: undefined }, error => { t.fail(String(error)) })
  t.teardown(close)
  const gathered = async (): Promise<ReturnType<typeof parseMetrics>> => parseMetrics(await (await fetch(url)).text())

  const all = await gathered()
  t.equal(all.value('dream_auth_http_requests_total', { route: '/Auth/Login', code: '501' }), 3)
  t.equal(all.value('dream_auth_http_request_duration_seconds_count', { route: '/Auth/Login' }), 3)
  t.equal(all.value('dream_auth_hash_threads'), 6)
  t.equal(all.value('dream_auth_dependency_up', { dependency: 'database' }), 0)

  const [, , last] = workers
  const ended = new Promise(resolve => { last?.once('exit', resolve) })
  last?.process.kill('SIGKILL')
  await ended
  const left = await gathered()
  t.equal(left.value('dream_auth_http_requests_total', { route: '/Auth/Login', code: '501' }), 2)
  t.equal(left.value('dream_auth_dependency_up', { dependency: 'database' }), 1)
})
