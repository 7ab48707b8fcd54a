import { connect } from 'node:net'
import type { Answer } from '../helper.ts'

/** Takes the first whole answer off what came over a connection. */
function first (bytes: Buffer, bodiless: boolean): { answer: Answer, rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [start = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const headers = Object.fromEntries(lines.map(line => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]))
  const [, status = ''] = /^HTTP\/1\.1 (\d{3}) /.exec(start) ?? []
  if (status === '') throw new Error(`this is not HTTP: ${start}`)
  const length = bodiless ? 0 : Number(headers['content-length'] ?? 0)
  const text = bytes.subarray(end + 4, end + 4 + length)
  if (text.length < length) return undefined
  const body = length > 0 && headers['content-type']?.startsWith('application/json') === true ? JSON.parse(text.toString()) : {}
  return { answer: { status: Number(status), headers, body, text: text.toString() }, rest: bytes.subarray(end + 4 + length) }
}

/**
 * Sends bytes over a connection of their own and gives the answers that came until the service ended it, interim ones aside.
 * What comes must be whole answers and nothing else.
 *
 * @param hangUp end our half of the connection after the bytes, for what the service would wait to read more of
 */
export async function exchange (port: number, bytes: string | Buffer, { hangUp = false } = {}): Promise<Answer[]> {
  const sent = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes, 'latin1')
  const chunks: Buffer[] = []
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      if (hangUp) socket.end(sent)
      else socket.write(sent)
    })
    socket.on('data', chunk => { chunks.push(Buffer.from(chunk)) })
    socket.on('close', () => { resolve() })
    // A service that has read enough may end the connection with what it did not read.
    socket.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error) })
  })
  const answers: Answer[] = []
  let left: Buffer = Buffer.concat(chunks)
  while (left.length > 0) {
    const one = first(left, sent.subarray(0, 5).toString('latin1') === 'HEAD ')
    if (one === undefined) throw new Error(`half an answer: ${left.toString()}`)
    if (one.answer.status >= 200) answers.push(one.answer)
    left = one.rest
  }
  return answers
}
