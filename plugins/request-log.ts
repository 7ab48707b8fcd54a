import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { catalogue } from '../src/catalogue.ts'

/** One line a request: the route's pattern and not the URL, which is the client's to fill. */
async function requestLog (app: FastifyInstance): Promise<void> {
  app.addHook('onResponse', async (request, reply) => {
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ...(reply.answeredWith !== null && { code: catalogue[reply.answeredWith].code }),
      ms: Math.round(reply.elapsedTime * 10) / 10
    }, 'request')
  })
}

export default fp(requestLog, { name: 'request-log', dependencies: ['envelope'] })
