import { answerPrimary } from '../../src/metrics/gather.ts'
import { createMetrics } from '../../src/metrics/metrics.ts'

// A process of several that has counted one answer, for test/metrics/gather.test.ts.
const { answered, registry } = createMetrics({
  hashes: () => ({ running: 1, waiting: 0, refused: 0 }),
  hashThreads: () => 2,
  tokens: () => ({ memory: 0, store: 0, remembered: 0 }),
  events: () => ({ waiting: 0, dropped: 0 }),
  captcha: () => ({ asked: 0, passed: 0, refused: 0 }),
  outbox: () => ({ outcomes: { delivered: 1, deferred: 0, refused: 0, unknown: 0, expired: 0 }, backlog: async () => ({ pending: 3, oldestSeconds: 1 }) }),
  dependencies: async () => [{ name: 'database', up: process.env.DATABASE_UP === '1', seconds: 0.001 }],
  atOnce: () => [],
  pool: undefined,
  redisConnected: undefined
})
answerPrimary(registry)
answered({ route: '/Auth/Login', method: 'POST', status: 200, code: 501 }, 0.2)
process.send?.('ready')
