import { propagation, trace, TraceFlags, type TextMapPropagator } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { TracerProvider, type SpanProcessor } from '@opentelemetry/sdk-trace'
import { parseTraceparent } from './trace-context.ts'

/** Takes up the caller's trace. Nothing is passed on, and `tracestate`, which may hold anything, is not read. */
const propagator: TextMapPropagator = {
  fields: () => ['traceparent'],
  inject: () => {},
  extract (context, carrier, getter) {
    const caller = parseTraceparent(getter.get(carrier, 'traceparent'))
    if (caller === undefined) return context
    const { traceId, spanId, sampled } = caller
    return trace.setSpanContext(context, { traceId, spanId, traceFlags: sampled ? TraceFlags.SAMPLED : TraceFlags.NONE, isRemote: true })
  }
}

/** Makes spans and hands them on. A request that its caller does not sample is not sampled here. */
export function createTracerProvider (processor: SpanProcessor): TracerProvider {
  // The one thing that libraries look for in the process and not in their options.
  propagation.setGlobalPropagator(propagator)
  return new TracerProvider({ resource: resourceFromAttributes({ 'service.name': 'dream-auth' }), spanProcessors: [processor] })
}
