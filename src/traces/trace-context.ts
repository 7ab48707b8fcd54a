/** What a caller says of the trace that its request belongs to. */
export interface TraceContext { traceId: string, spanId: string, sampled: boolean }

/** W3C Trace Context, section 3.2: lower-case hexadecimal alone, and no id of nought. Later versions may add fields at the end. */
const TRACEPARENT = /^(?<version>(?!ff)[0-9a-f]{2})-(?<traceId>(?!0{32})[0-9a-f]{32})-(?<spanId>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/

/** @returns `undefined` for what is no such header, as if there were none */
export function parseTraceparent (header: string | string[] | undefined): TraceContext | undefined {
  if (typeof header !== 'string') return undefined
  const { version, traceId, spanId, flags = '', more } = TRACEPARENT.exec(header)?.groups ?? {}
  if (traceId === undefined || spanId === undefined || (version === '00' && more !== undefined)) return undefined
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 }
}
