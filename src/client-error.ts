import { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { catalogue } from './catalogue.ts'

const STATUS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout'
}

/** The answer that a connection is at, if any. Node keeps it here and nowhere else. */
function answerUnderWay (socket: Socket): ServerResponse | undefined {
  return '_httpMessage' in socket && socket._httpMessage instanceof ServerResponse ? socket._httpMessage : undefined
}

/**
 * Answers what is not HTTP, or comes too slowly to become a request, with an envelope, and closes the connection.
 *
 * @param headers those of every answer
 * @returns the HTTP status of the answer; `undefined` where there can be none
 */
export function refuseMalformed (error: Error & { code?: string }, socket: Socket, headers: Readonly<Record<string, string>>): number | undefined {
  const earlier = answerUnderWay(socket)
  // What came behind a whole request must not be answered in its place.
  if (earlier?.req.complete === true && !earlier.writableEnded) {
    socket.pause()
    earlier.once('close', () => { socket.destroySoon() })
    return undefined
  }
  if (error.code === 'ECONNRESET' || !socket.writable || earlier?.headersSent === true) {
    socket.destroy()
    return undefined
  }
  const { code, zh } = catalogue.BadRequest
  const body = JSON.stringify({ Code: code, Msg: zh, Details: [] })
  const common = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  const status = STATUS[error.code ?? ''] ?? '400 Bad Request'
  socket.end(`HTTP/1.1 ${status}\r\n${common}content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
  return Number.parseInt(status)
}
