import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { brotliCompress, constants, gzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'

/** What is sent to browsers, as it is and compressed, in memory. */
export interface StaticFile {
  type: string
  /** By content coding, the smallest first. */
  bodies: Map<string, Buffer>
  /** Names the content, whatever the coding. */
  hash: string
}

const compressors = {
  // While somebody waits: the last tenth takes most of the time, some seconds for the largest file.
  br: (bytes: Buffer) => promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 6, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
  gzip: (bytes: Buffer) => promisify(gzip)(bytes, { level: 9 })
}

/** @param compressed what the build has compressed already; what is left out is compressed here */
export async function staticFile (type: string, bytes: Buffer, compressed: { br?: Buffer, gzip?: Buffer } = {}): Promise<StaticFile> {
  const [br, gz] = await Promise.all([compressed.br ?? compressors.br(bytes), compressed.gzip ?? compressors.gzip(bytes)])
  return { type, bodies: new Map([['br', br], ['gzip', gz], ['identity', bytes]]), hash: createHash('sha256').update(bytes).digest('base64url').slice(0, 22) }
}

/** Whether `If-None-Match` (RFC 9110, section 13.1.2) has the tag. */
function hasTag (header: string | undefined, tag: string): boolean {
  return header?.split(',').some(each => ['*', tag].includes(each.trim().replace(/^W\//, ''))) ?? false
}

/**
 * Sends a file, in the coding that the client likes best, or 304 where it has it already. Whole, from memory: whoever reads
 * slowly shares the bytes with all others. `Cache-Control` and policy are the caller's.
 */
export function sendStatic (request: FastifyRequest, reply: FastifyReply, { type, bodies, hash }: StaticFile): FastifyReply {
  const liked = new Negotiator(request.raw).encodings([...bodies.keys()])
  // By the client's order they would all be alike: ours decides, unless it has refused one.
  const coding = [...bodies.keys()].find(each => liked.includes(each)) ?? 'identity'
  const tag = `"${hash}-${coding}"`
  // With CORS it depends on the origin as well: a cache would give one origin what is another's.
  const vary = [reply.getHeader('vary') ?? [], 'accept-encoding'].flat().join(', ')
  reply.header('etag', tag).header('vary', vary)
  if (hasTag(request.headers['if-none-match'], tag)) return reply.code(304).send()
  if (coding !== 'identity') reply.header('content-encoding', coding)
  return reply.type(type).send(bodies.get(coding))
}
