import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { preferredLanguage } from '../src/accept-language.ts'
import { catalogue, type Language } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'
import { headRefusal } from '../src/request-head.ts'
import { JSON_TYPE, writtenEnvelope } from './envelope.ts'

/** The headers that an answer has beside those of every answer, as a flat list of names and values; `undefined` for what the route must answer. */
export type AnswerAtOnce = (headers: IncomingHttpHeaders) => readonly string[] | undefined

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Has `GET` of a path answered with `Success` before Fastify sees the request, where that can be done at once. The route
     * must answer the same, and must log nothing when it does, as nothing but the answer itself happens here.
     */
    shortcut: (path: string, answer: AnswerAtOnce) => void
    /** How many answers were given so, by path. */
    answeredAtOnce: () => Array<[path: string, count: number]>
  }
}

interface Written { headers: string[], body: Buffer }

/** A proxy that asks here about each request of its own (forward-auth) is answered for less than Fastify takes to run a route. */
async function shortcut (app: FastifyInstance, config: Config): Promise<void> {
  const paths = new Map<string, { answer: AnswerAtOnce, count: number }>()
  app.decorate('shortcut', (path, answer) => { paths.set(path, { answer, count: 0 }) })
  app.decorate('answeredAtOnce', () => [...paths].map(([path, { count }]) => [path, count]))
  // With CORS the answer depends on the origin, which is @fastify/cors' to judge; and a trace is to show every request.
  if (config.CORS_ORIGIN.length > 0 || config.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined) return

  const written = (language: Language, security: Readonly<Record<string, string>>): Written => {
    const body = Buffer.from(writtenEnvelope('Success', language))
    const headers = { ...security, 'content-type': JSON_TYPE, 'content-length': String(body.length) }
    return { headers: Object.entries(headers).flat(), body }
  }
  const answers = new Map([app.securityHeaders, app.securityHeadersUnderTls].map(security => [security, { zh: written('zh', security), en: written('en', security) }]))

  function answeredAtOnce (request: IncomingMessage, response: ServerResponse): boolean {
    const { method, url = '', headers } = request
    const known = paths.get(url)
    if (known === undefined || method !== 'GET' || headers.host === undefined || headers.upgrade !== undefined || app.draining || headRefusal(request) !== undefined) return false
    const own = known.answer(headers)
    const common = answers.get(app.headersFor(request))?.[preferredLanguage(headers['accept-language'])]
    if (own === undefined || common === undefined) return false
    response.writeHead(catalogue.Success.status, common.headers.concat(own))
    response.end(common.body)
    known.count++
    return true
  }

  // In the place of Fastify's listener, which is called for all else.
  const listeners = app.server.listeners('request')
  app.server.removeAllListeners('request')
  app.server.on('request', (request, response) => {
    if (answeredAtOnce(request, response)) return
    for (const listener of listeners) Reflect.apply(listener, app.server, [request, response])
  })
}

export default fp(shortcut, { name: 'shortcut', dependencies: ['drain', 'transport', 'envelope'] })
