import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import helmet from 'helmet'
import type { Config } from '../src/config.ts'
import { withinRanges } from '../src/networks.ts'

type Headers = Readonly<Record<string, string>>

declare module 'fastify' {
  interface FastifyInstance {
    /** The headers of every answer. */
    securityHeaders: Headers
    /** The same with HSTS (RFC 6797), for a request that came to us by way of TLS. */
    securityHeadersUnderTls: Headers
    /** Which of the two are the answer's. */
    headersFor: (request: IncomingMessage) => Headers
  }
}

/** A year, and not for names below ours, which are others' to speak for. */
const HSTS = { 'strict-transport-security': 'max-age=31536000' }

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
    // Depends on how the request came.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' }
  })(request, response, error => { if (error !== undefined) throw error })
  const headers = Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)])
  return { ...Object.fromEntries(headers), 'cache-control': 'no-store' }
}

/** Whether the proxy that a request came from says that the client spoke TLS; anybody else's word is not taken. */
function saysTls (proxies: string[]): (request: IncomingMessage) => boolean {
  if (proxies.length === 0) return () => false
  const isProxy = withinRanges(proxies)
  /** Asked once a connection: reading an address takes longer than all else here. */
  const known = new WeakMap<Socket, boolean>()
  return ({ headers, socket }) => {
    // Of several, the last is the proxy's own.
    if (!/(?:^|,)\s*https\s*$/i.test(String(headers['x-forwarded-proto']))) return false
    const before = known.get(socket)
    if (before !== undefined) return before
    const trusted = isProxy(socket.remoteAddress ?? '')
    known.set(socket, trusted)
    return trusted
  }
}

/** Security headers on every answer, and CORS for the listed origins alone. */
async function transport (app: FastifyInstance, config: Config): Promise<void> {
  const plain = securityHeaders()
  const underTls = { ...plain, ...HSTS }
  const cameByTls = saysTls(config.TRUST_PROXY)
  const headersFor = (request: IncomingMessage): Headers => cameByTls(request) ? underTls : plain
  app.decorate('securityHeaders', plain)
  app.decorate('securityHeadersUnderTls', underTls)
  app.decorate('headersFor', headersFor)
  app.addHook('onRequest', ({ raw }, reply, done) => {
    reply.headers(headersFor(raw))
    done()
  })
  if (config.CORS_ORIGIN.length > 0) {
    const { default: fastifyCors } = await import('@fastify/cors')
    await app.register(fastifyCors, { origin: config.CORS_ORIGIN, methods: ['GET', 'POST', 'PATCH', 'DELETE'], allowedHeaders: ['authorization', 'content-type', 'accept-language', 'x-captcha'], exposedHeaders: ['retry-after', 'x-request-id'], maxAge: 600 })
  }
}

export default fp(transport, { name: 'transport' })
