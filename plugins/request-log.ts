import fp from 'fastify-plugin'
import { levels } from 'pino'
import type { FastifyInstance } from 'fastify'
import { catalogue } from '../src/catalogue.ts'

const INFO = 30

/** One line a request: the route's pattern and not the URL, which is the client's to fill. */
async function requestLog (app: FastifyInstance): Promise<void> {
  app.addHook('onResponse', (request, reply, done) => {
    // Asked first: what is not logged need not be put together.
    if ((levels.values[request.log.level] ?? Infinity) <= INFO) {
      request.log.info({
        method: request.method,
        route: request.routeOptions.url ?? 'unknown',
        status: reply.statusCode,
        ...(reply.answeredWith !== null && { code: catalogue[reply.answeredWith].code }),
        ms: Math.round(reply.elapsedTime * 10) / 10
      }, 'request')
    }
    done()
  })
}

export default fp(requestLog, { name: 'request-log', dependencies: ['envelope'] })
