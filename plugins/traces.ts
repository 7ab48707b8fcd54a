import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'
import { parseTraceparent } from '../src/traces/trace-context.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The trace that a request belongs to: its caller's, or, where spans are sent, one of its own. */
    traceIdOf: (request: FastifyRequest) => string | undefined
  }
}

/** Takes up the traces of callers for the log, and sends spans where `OTEL_EXPORTER_OTLP_ENDPOINT` is set. Else nothing of that is loaded. */
async function traces (app: FastifyInstance, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }: Config): Promise<void> {
  if (endpoint === undefined) {
    app.decorate('traceIdOf', ({ headers }) => parseTraceparent(headers.traceparent)?.traceId)
    return
  }
  const { spans } = await import('./spans.ts')
  await spans(app, endpoint)
}

export default fp(traces, { name: 'traces' })
