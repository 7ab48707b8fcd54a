import type { FastifyRequest } from 'fastify'
import type { Caller } from '../src/accounts.ts'

/** Who asks. `request.ip` is the forwarded address only where `TRUST_PROXY` names the proxy. */
export function callerOf ({ ip, language, id, headers }: Pick<FastifyRequest, 'ip' | 'language' | 'id' | 'headers'>): Caller {
  const solution = headers['x-captcha']
  return { address: ip, solution: typeof solution === 'string' ? solution : undefined, language, requestId: id, userAgent: headers['user-agent'] ?? '' }
}
