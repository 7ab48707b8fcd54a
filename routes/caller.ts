import type { FastifyRequest } from 'fastify'
import type { Caller } from '../src/accounts.ts'

/** Who asks. `request.ip` is the forwarded address only where `TRUST_PROXY` names the proxy. */
export function callerOf (request: Pick<FastifyRequest, 'ip' | 'language'>): Caller {
  return { address: request.ip, language: request.language }
}
