import fp from 'fastify-plugin'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { catalogue, Failure } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'
import type { Metrics } from '../src/metrics/metrics.ts'
import type { Dependency } from '../src/metrics/sources.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What is counted for Prometheus; null where nobody is to ask for it. */
    metrics: Metrics | null
  }
}

/** Metrics, where `METRICS_PORT` or `METRICS_TOKEN` is set. Else nothing of them is loaded and nothing counted. */
async function metrics (app: FastifyInstance, config: Config): Promise<void> {
  if (config.METRICS_PORT === undefined && config.METRICS_TOKEN === undefined) {
    app.decorate('metrics', null)
    return
  }
  const [{ createMetrics }, { answerPrimary }] = await Promise.all([import('../src/metrics/metrics.ts'), import('../src/metrics/gather.ts')])

  async function dependencies (): Promise<Dependency[]> {
    const { checks } = await app.health()
    return Object.entries(checks).map(([name, { Status, LatencyMs }]) => ({ name: name.toLowerCase(), up: Status === 'up', seconds: LatencyMs / 1000 }))
  }

  // Read when somebody asks: by then all of it is there.
  const { answered, throttled, ...rest } = createMetrics({
    hashes: () => app.hashQueue,
    hashThreads: () => app.hashesAtOnce,
    tokens: () => app.tokens.use,
    events: () => app.events.backlog,
    captcha: () => app.captchaUse(),
    outbox: () => app.outbox,
    atOnce: () => app.answeredAtOnce(),
    dependencies,
    pool: config.mode === 'server' ? () => app.databasePool() : undefined,
    redisConnected: config.mode === 'server' ? () => app.redis.status === 'ready' : undefined
  })
  answerPrimary(rest.registry)
  app.decorate('metrics', { answered, throttled, ...rest })

  function count (request: FastifyRequest, reply: FastifyReply): void {
    const code = reply.answeredWith === null ? 0 : catalogue[reply.answeredWith].code
    answered({ route: request.routeOptions.url ?? 'unknown', method: request.method, status: reply.statusCode, code }, reply.elapsedTime / 1000)
  }
  app.addHook('onResponse', (request, reply, done) => {
    count(request, reply)
    done()
  })
  // Whoever hangs up has had the work done, and onResponse never comes.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.socket.destroyed) count(request, reply)
    done(null, payload)
  })
  app.addHook('onError', (_request, _reply, error: FastifyError | Failure, done) => {
    if (error instanceof Failure && error.fields.limit !== undefined) throttled(error.fields.limit)
    done()
  })
}

export default fp(metrics, { name: 'metrics', dependencies: ['envelope'] })
