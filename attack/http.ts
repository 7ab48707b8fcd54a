import { Agent, request, type IncomingHttpHeaders } from 'node:http'
import { connect } from 'node:net'

/** What came back, as an attacker sees it. */
export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  /** Every byte that could tell something: status, headers without the date, body. */
  bytes: string
  text: string
  /** `Code` of the envelope; `NaN` where it is none. */
  code: number
  body: Record<string, unknown>
  ms: number
}

export interface Asking {
  method?: string
  /** The network that the proxy in front, which is the attacker's own here, says it is asked from. */
  from?: string
  headers?: Record<string, string | string[]>
  /** Sent as JSON, unless it is a string or bytes. */
  body?: unknown
}

const PATIENCE_MS = 40_000
const agent = new Agent({ keepAlive: true, maxSockets: 250 })

/** What all answers of a run had in common. */
export const witnessed = { answers: 0, code500: 0, strange: 0, strangest: '' }

function payloadOf (body: unknown): string | Buffer | undefined {
  return body === undefined || typeof body === 'string' || body instanceof Buffer ? body : JSON.stringify(body)
}

/** The JSON object that a text is, or an empty one. */
export function jsonOf (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

function witness (what: string, { code, status, body, text }: Answer): void {
  witnessed.answers++
  if (status === 500 || code === 500) witnessed.code500++
  if (Number.isInteger(code) && typeof body.Msg === 'string') return
  witnessed.strange++
  witnessed.strangest ||= `${what}: ${status} ${text.slice(0, 80)}`
}

/** Asks over real HTTP. Rejects where the connection breaks or nothing comes for long. */
export async function ask (url: string, path: string, { method = 'POST', from, headers = {}, body }: Asking = {}): Promise<Answer> {
  const start = performance.now()
  const payload = payloadOf(body)
  const answer = await new Promise<Answer>((resolve, reject) => {
    const sent = request(url, {
      agent,
      path,
      method,
      timeout: PATIENCE_MS,
      headers: {
        ...(payload !== undefined && { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(payload)) }),
        ...(from !== undefined && { 'x-forwarded-for': from }),
        ...headers
      }
    }, response => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        const json = jsonOf(text)
        // What differs between any two answers.
        const { date: _date, 'x-request-id': _id, ...rest } = response.headers
        const status = response.statusCode ?? NaN
        resolve({ status, headers: response.headers, bytes: JSON.stringify([status, response.statusMessage, rest, text]), text, code: typeof json.Code === 'number' ? json.Code : NaN, body: json, ms: performance.now() - start })
      })
    })
    sent.on('timeout', () => { sent.destroy(new Error(`no answer within ${PATIENCE_MS} ms`)) })
    sent.on('error', reject)
    sent.end(payload)
  })
  if (method !== 'HEAD') witness(`${method} ${path.slice(0, 60)}`, answer)
  return answer
}

/** Sends bytes as they are, which no HTTP client would, and gives what came until the server closed or a second was over. */
export function askRaw (url: string, bytes: string): Promise<Answer> {
  const start = performance.now()
  return new Promise(resolve => {
    const { hostname, port } = new URL(url)
    const socket = connect(Number(port), hostname)
    let received = ''
    const settle = (): void => {
      clearTimeout(timer)
      socket.destroy()
      const text = received.slice(received.indexOf('\r\n\r\n') + 4)
      const json = jsonOf(text)
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(received)?.[1]), headers: {}, bytes: received, text, code: typeof json.Code === 'number' ? json.Code : NaN, body: json, ms: performance.now() - start })
    }
    const timer = setTimeout(settle, 1_000)
    socket.on('data', chunk => {
      received += String(chunk)
      const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(received) ?? []
      if (length !== undefined && Buffer.byteLength(received.slice(received.indexOf('\r\n\r\n') + 4)) >= Number(length)) settle()
    })
    socket.on('error', settle)
    socket.on('close', settle)
    socket.write(bytes)
  })
}

export function closeConnections (): void {
  agent.destroy()
}
