import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { until } from './faults.ts'

export interface ReceivedSpan {
  name: string
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  kind: number
  status: number
  attributes: Record<string, string | number>
}

export interface Collector {
  endpoint: string
  spans: ReceivedSpan[]
  /** Everything that came, as it came. */
  raw: () => string
  /** Waits until so many spans have come. */
  received: (count: number) => Promise<ReceivedSpan[]>
  stop: () => Promise<void>
}

/** An OpenTelemetry collector that takes OTLP over HTTP in JSON and keeps what it is sent. It ends with the test. @param answers HTTP status; none: it never answers */
export async function startCollector (t: Test, { port = 0, answers = 200 }: { port?: number, answers?: number | undefined } = {}): Promise<Collector> {
  const spans: ReceivedSpan[] = []
  let raw = ''
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString()
      raw += text
      if (request.method === 'POST' && request.url === '/v1/traces') spans.push(...spansIn(text))
      if (answers > 0) response.writeHead(answers, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  const stop = async (): Promise<void> => {
    server.closeAllConnections()
    await new Promise<void>(resolve => { server.close(() => { resolve() }) })
  }
  t.teardown(stop)
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans,
    raw: () => raw,
    async received (count) {
      await until(async () => spans.length >= count, 10_000)
      return spans
    },
    stop
  }
}

function spansIn (text: string): ReceivedSpan[] {
  const { resourceSpans } = JSON.parse(text)
  return resourceSpans.flatMap((resource: { scopeSpans: Array<{ spans: Array<Record<string, unknown>> }> }) => resource.scopeSpans.flatMap(({ spans }) => spans.map(span => ({
    name: String(span.name),
    traceId: String(span.traceId),
    spanId: String(span.spanId),
    parentSpanId: typeof span.parentSpanId === 'string' && span.parentSpanId !== '' ? span.parentSpanId : undefined,
    kind: Number(span.kind),
    status: Number(Object(span.status).code),
    attributes: Object.fromEntries((span.attributes as Array<{ key: string, value: Record<string, string | number> }>).map(({ key, value }) => [key, Object.values(value)[0] ?? '']))
  }))))
}
