import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import { fail } from '../../src/catalogue.ts'

/** Names under which a browser on this machine asks; any other means that a foreign page had its name point here. */
const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The mailbox shows codes: it is for this machine alone, and does not exist for anybody who comes through a proxy. */
export async function refuseStrangers (request: FastifyRequest): Promise<void> {
  const address = request.socket.remoteAddress ?? ''
  const loopback = ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
  // A proxy on this machine looks like this machine, but for what it adds, and for the HTTP/1.0 that nginx speaks unless told otherwise.
  const forwarded = request.raw.httpVersion === '1.0' || Object.keys(request.headers).some(name => /^(forwarded|via|x-forwarded-.*|x-real-ip)$/.test(name))
  const foreign = request.headers.origin !== undefined && request.headers.origin !== `http://${request.headers.host}`
  if (!loopback || forwarded || foreign || !LOCAL_NAMES.has(request.hostname)) throw fail('NotFound')
}
