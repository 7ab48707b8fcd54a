import fastifyHelmet from '@fastify/helmet'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'

/** Security headers on every answer, and CORS for the listed origins alone. */
async function transport (app: FastifyInstance, config: Config): Promise<void> {
  await app.register(fastifyHelmet, {
    // Answers are data: a browser that shows one as a page may load nothing. The few pages set a policy of their own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    // Whether a name is served by TLS only is for whoever terminates TLS to say.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' }
  })
  app.addHook('onRequest', async (_request, reply) => { reply.header('cache-control', 'no-store') })
  if (config.CORS_ORIGIN.length > 0) {
    const { default: fastifyCors } = await import('@fastify/cors')
    await app.register(fastifyCors, { origin: config.CORS_ORIGIN, methods: ['GET', 'POST'], allowedHeaders: ['authorization', 'content-type', 'accept-language'], exposedHeaders: ['retry-after'], maxAge: 600 })
  }
}

export default fp(transport, { name: 'transport' })
