import { SpanStatusCode, type Attributes } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BatchSpanProcessor, type ReadableSpan, type SpanExporter, type SpanProcessor } from '@opentelemetry/sdk-trace'

type Result = Parameters<Parameters<SpanExporter['export']>[1]>[0]

/** What a span may say. Of all else that a library may hang on one, such as the URL or the text of an error, nothing leaves the process. */
const TOLD = ['http.request.method', 'http.route', 'http.response.status_code', 'dream_auth.code', 'dream_auth.request_id']
const MOST_WAITING = 2_048
const BATCH = 512
const GATHER_MS = 1_000
const EXPORT_MS = 5_000

const DELIVERED = 0

function told (attributes: Attributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => TOLD.includes(name)))
}

/** The span with nothing in it but what may be told. A decision against a request is no error: what the service failed at is. */
function reduced (span: ReadableSpan): ReadableSpan {
  const failed = Number(span.attributes['http.response.status_code']) >= 500
  return {
    name: span.name,
    kind: span.kind,
    spanContext: () => span.spanContext(),
    ...(span.parentSpanContext !== undefined && { parentSpanContext: span.parentSpanContext }),
    startTime: span.startTime,
    endTime: span.endTime,
    duration: span.duration,
    ended: span.ended,
    status: { code: failed ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    attributes: told(span.attributes),
    links: [],
    events: [],
    resource: span.resource,
    instrumentationScope: span.instrumentationScope,
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0
  }
}

/**
 * Sends spans to a collector by OTLP over HTTP, in the background. No more than a bound wait; while the collector is away, spans
 * are lost and the log is told once.
 *
 * @param endpoint the collector's address, to which `/v1/traces` is added
 */
export function createSpanProcessor (endpoint: string, log: { warn: (detail: object, text: string) => void, info: (text: string) => void }): SpanProcessor {
  const otlp = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces`, timeoutMillis: EXPORT_MS })
  let away = false

  const note = ({ code, error }: Result): void => {
    if (code === DELIVERED && away) log.info('traces are delivered again')
    if (code !== DELIVERED && !away) log.warn({ err: error }, 'traces cannot be delivered: they are dropped until the collector is back')
    away = code !== DELIVERED
  }

  const exporter: SpanExporter = {
    export (spans, done) {
      otlp.export(spans.map(reduced), result => {
        note(result)
        // A failure is told above, and not by the SDK once more.
        done({ code: DELIVERED })
      })
    },
    forceFlush: () => otlp.forceFlush(),
    shutdown: () => otlp.shutdown()
  }
  return new BatchSpanProcessor({ exporter, maxQueueSize: MOST_WAITING, maxExportBatchSize: BATCH, scheduledDelayMillis: GATHER_MS, exportTimeoutMillis: EXPORT_MS })
}
