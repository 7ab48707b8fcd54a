import { appendFileSync } from 'node:fs'
import { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

// Loaded before anything else by every process of `npm test` (test/run.ts), the compiled programs that tests begin among them: writes down
// each answer as it was sent, whichever way it came about. What is to be thought of them is judged once, after the last test.

/** One answer, as a line of JSON. */
export interface SentAnswer {
  method: string
  url: string
  status: number
  headers: Record<string, string>
  body: string
  /** The program that sent it. */
  by: string
}

/** What every answer of the service has, and no other server of a test. */
const OURS = 'x-permitted-cross-domain-policies'
/** Pages, scripts and the document itself are longer, and nobody's envelope. */
const LONGEST = 64 * 1024
const FLUSH_MS = 100

const bodies = new WeakMap<ServerResponse, Buffer[]>()
/** What was written already: most answers come many times. */
const known = new Set<string>()
let lines = ''
let timer: NodeJS.Timeout | undefined

/** @param args of `write` and `end`: what to send, if anything, and its encoding */
function take (response: ServerResponse, [chunk, encoding]: unknown[]): void {
  const bytes = typeof chunk === 'string' ? Buffer.from(chunk, typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8') : chunk instanceof Uint8Array ? Buffer.from(chunk) : undefined
  if (bytes !== undefined) bodies.set(response, [...bodies.get(response) ?? [], bytes])
}

/** The head as it was sent: what `writeHead` is given as a list is nowhere else. */
function headersOf (response: ServerResponse): Record<string, string> {
  const [, ...fields] = String(Reflect.get(response, '_header')).trimEnd().split('\r\n')
  return Object.fromEntries(fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()]))
}

function note (response: ServerResponse, flush: () => void): void {
  const headers = headersOf(response)
  if (headers[OURS] === undefined) return
  const body = Buffer.concat(bodies.get(response) ?? [])
  const { method = '', url = '' } = response.req
  if (body.length > LONGEST) return
  const { date: _date, 'x-request-id': _id, ...lasting } = headers
  const answer: SentAnswer = { method, url, status: response.statusCode, headers: lasting, body: body.toString(), by: process.argv[1] ?? '' }
  const line = JSON.stringify(answer)
  if (known.has(line)) return
  known.add(line)
  lines += `${line}\n`
  timer ??= setTimeout(flush, FLUSH_MS).unref()
}

/** @param folder where the answers of this process are written to, in a file of its own */
function record (folder: string): void {
  const file = join(folder, `${process.pid}-${Date.now()}.jsonl`)
  const flush = (): void => {
    timer = undefined
    if (lines !== '') appendFileSync(file, lines)
    lines = ''
  }
  const { write, end } = ServerResponse.prototype
  Object.assign(ServerResponse.prototype, {
    write (this: ServerResponse, ...args: unknown[]): unknown {
      take(this, args)
      return Reflect.apply(write, this, args)
    },
    end (this: ServerResponse, ...args: unknown[]): unknown {
      take(this, args)
      const ended: unknown = Reflect.apply(end, this, args)
      note(this, flush)
      return ended
    }
  })
  process.on('exit', flush)
}

if (isMainThread && process.env.TEST_ANSWERS !== undefined) record(process.env.TEST_ANSWERS)
