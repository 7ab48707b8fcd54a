import type { Socket } from 'node:net'
import { catalogue } from './catalogue.ts'

const STATUS: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout'
}

/** For the answers that are given before any plugin sees the request; all others have these and more from plugins/transport.ts. */
export const SAFE_HEADERS = { 'cache-control': 'no-store', 'content-security-policy': "default-src 'none';frame-ancestors 'none'", 'x-content-type-options': 'nosniff' }

/** Answers what is not HTTP, or comes too slowly to become a request, with an envelope, and closes the connection. */
export function refuseMalformed (error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { code, zh } = catalogue.BadRequest
  const body = JSON.stringify({ Code: code, Msg: zh, Details: [] })
  const safe = Object.entries(SAFE_HEADERS).map(([name, value]) => `${name}: ${value}\r\n`).join('')
  socket.end(`HTTP/1.1 ${STATUS[error.code ?? ''] ?? '400 Bad Request'}\r\n${safe}content-type: application/json; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`)
}
