import fp from 'fastify-plugin'
import { levels } from 'pino'
import type { FastifyInstance } from 'fastify'
import { catalogue } from '../src/catalogue.ts'

const INFO = 30

/** One line a request: the route's pattern and not the URL, which is the client's to fill. */
async function requestLog (app: FastifyInstance): Promise<void> {
  // Before anything may answer, and only where there is a line to be found by it.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.logLevel !== 'warn') reply.header('x-request-id', request.id)
    done()
  })
  app.addHook('onResponse', (request, reply, done) => {
    // Asked first: what is not logged need not be put together.
    if ((levels.values[request.log.level] ?? Infinity) <= INFO) {
      const traceId = app.traceIdOf(request)
      request.log.info({
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        ...(reply.answeredWith !== null && { code: catalogue[reply.answeredWith].code }),
        ms: Math.round(reply.elapsedTime * 10) / 10,
        ...(traceId !== undefined && { traceId })
      }, 'request')
    }
    done()
  })
}

export default fp(requestLog, { name: 'request-log', dependencies: ['traces'] })
