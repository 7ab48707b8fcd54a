import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** A file as it is sent: whole and from memory, so that whoever reads slowly shares the bytes with all others. */
export interface StaticFile { type: string, bytes: Buffer, compressed: Buffer | undefined, tag: string }

const TYPES: Record<string, string> = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', png: 'image/png' }
const compress = promisify(gzip)

/** @param file whose extension says what it is */
export async function readStaticFile (file: URL): Promise<StaticFile> {
  const extension = file.pathname.slice(file.pathname.lastIndexOf('.') + 1)
  const bytes = await readFile(file)
  return {
    type: TYPES[extension] ?? 'application/octet-stream',
    bytes,
    compressed: extension === 'png' ? undefined : await compress(bytes, { level: 9 }),
    tag: createHash('sha256').update(bytes).digest('base64url').slice(0, 16)
  }
}

/** Sends it compressed to whoever takes that, and nothing to whoever has it (RFC 9110, section 13.1.2). */
export function sendStaticFile ({ headers }: FastifyRequest, reply: FastifyReply, { type, bytes, compressed, tag }: StaticFile): FastifyReply {
  const shrunk = compressed !== undefined && /(?:^|[\s,])gzip(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(headers['accept-encoding'] ?? '')
  const etag = `"${tag}${shrunk ? '-gzip' : ''}"`
  reply.headers({ etag, vary: 'Accept-Encoding', 'cache-control': 'no-cache' })
  if ((headers['if-none-match'] ?? '').split(/\s*,\s*/).some(known => known.replace(/^W\//, '') === etag)) return reply.status(304).send()
  if (shrunk) reply.header('content-encoding', 'gzip')
  return reply.type(type).send(shrunk ? compressed : bytes)
}
