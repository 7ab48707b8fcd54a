import fp from 'fastify-plugin'
import { levels } from 'pino'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { catalogue } from '../src/catalogue.ts'

const INFO = 30

/** One line a request: the route's pattern and not the URL, which is the client's to fill. */
async function requestLog (app: FastifyInstance): Promise<void> {
  // Before anything may answer, and only where there is a line to be found by it.
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.logLevel !== 'warn') reply.header('x-request-id', request.id)
    done()
  })

  function tell (request: FastifyRequest, reply: FastifyReply, more: { hungUp?: true } = {}): void {
    // Asked first: what is not logged need not be put together.
    if ((levels.values[request.log.level] ?? Infinity) > INFO) return
    const traceId = app.traceIdOf(request)
    request.log.info({
      method: request.method,
      route: request.routeOptions.url ?? 'unknown',
      status: reply.statusCode,
      ...(reply.answeredWith !== null && { code: catalogue[reply.answeredWith].code }),
      ms: Math.round(reply.elapsedTime * 10) / 10,
      ...(traceId !== undefined && { traceId }),
      ...more
    }, 'request')
  }
  app.addHook('onResponse', (request, reply, done) => {
    tell(request, reply)
    done()
  })
  // An answer that nobody is there for is never sent, and onResponse never comes.
  app.addHook('onSend', (request, reply, payload, done) => {
    if (request.raw.socket.destroyed) tell(request, reply, { hungUp: true })
    done(null, payload)
  })
}

export default fp(requestLog, { name: 'request-log', dependencies: ['traces'] })
