import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import type { Config } from '../src/config.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The headers of every answer. */
    securityHeaders: Readonly<Record<string, string>>
  }
}

/**
 * The headers of every answer. Helmet is asked once, with a request that nobody made: what it sets depends on no request, and
 * asking it each time takes as long as all else that a token check does.
 */
function securityHeaders (): Record<string, string> {
  const request = new IncomingMessage(new Socket())
  const response = new ServerResponse(request)
  helmet({
    // Answers are data: a browser that shows one as a page may load nothing. The few pages set a policy of their own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether a name is served by TLS only is for whoever terminates TLS to say.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' }
  })(request, response, error => { if (error !== undefined) throw error })
  const headers = Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)])
  return { ...Object.fromEntries(headers), 'cache-control': 'no-store' }
}

/** Security headers on every answer, and CORS for the listed origins alone. */
async function transport (app: FastifyInstance, config: Config): Promise<void> {
  const headers = securityHeaders()
  app.decorate('securityHeaders', headers)
  app.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers)
    done()
  })
  if (config.CORS_ORIGIN.length > 0) {
    const { default: fastifyCors } = await import('@fastify/cors')
    await app.register(fastifyCors, { origin: config.CORS_ORIGIN, methods: ['GET', 'POST', 'PATCH', 'DELETE'], allowedHeaders: ['authorization', 'content-type', 'accept-language'], exposedHeaders: ['retry-after'], maxAge: 600 })
  }
}

export default fp(transport, { name: 'transport' })
