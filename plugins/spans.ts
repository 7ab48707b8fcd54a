import { setTimeout as sleep } from 'node:timers/promises'
import { FastifyOtelInstrumentation } from '@fastify/otel'
import { trace } from '@opentelemetry/api'
import type { FastifyInstance } from 'fastify'
import { catalogue } from '../src/catalogue.ts'
import { createSpanProcessor } from '../src/traces/exporter.ts'
import { createTracerProvider } from '../src/traces/tracer.ts'

/** How long a stop waits for the collector. */
const FLUSH_MS = 1_500

/** Sends a span for each request through `@fastify/otel`. Loaded by `plugins/traces.ts` where there is a collector. */
export async function spans (app: FastifyInstance, endpoint: string): Promise<void> {
  const provider = createTracerProvider(createSpanProcessor(endpoint, app.log))
  const instrumentation = new FastifyOtelInstrumentation({
    // One span a request: what its hooks took tells an operator nothing.
    instrumentHooks: false,
    instrumentHandler: false,
    recordExceptions: false,
    requestHook (span, { method, id, routeOptions: { url } }) {
      span.updateName(url === undefined ? method : `${method} ${url}`)
      span.setAttribute('dream_auth.request_id', id)
    }
  })
  instrumentation.setTracerProvider(provider)
  await app.register(instrumentation.plugin())

  app.decorate('traceIdOf', request => {
    const { context } = request.opentelemetry()
    return context === null ? undefined : trace.getSpanContext(context)?.traceId
  })
  // Of all hooks that may set it the last before the span ends.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (reply.answeredWith !== null) request.opentelemetry().span?.setAttribute('dream_auth.code', catalogue[reply.answeredWith].code)
    done()
  })
  // Hooks run in reverse, so all else has ended by now.
  app.addHook('onClose', async () => {
    await Promise.race([provider.shutdown().catch(() => {}), sleep(FLUSH_MS, undefined, { ref: false })])
  })
}
