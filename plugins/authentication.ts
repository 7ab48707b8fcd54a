import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { fail } from '../src/catalogue.ts'
import type { Identity } from '../src/tokens.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, on a route behind `authenticate`. */
    readonly identity: Identity
  }
  interface FastifyInstance {
    /** A hook: lets a request pass whose bearer token is valid. Before the body is read: a stranger's is nobody's business. */
    authenticate: (request: FastifyRequest) => Promise<void>
    /** A hook after it: lets super administrators pass. */
    authorizeSuperAdmin: (request: FastifyRequest) => Promise<void>
  }
}

/** Who may ask. */
async function authentication (app: FastifyInstance): Promise<void> {
  const identities = new WeakMap<FastifyRequest, Identity>()

  app.decorateRequest('identity', {
    getter () {
      const identity = identities.get(this)
      if (identity === undefined) throw new Error('the route is not behind authenticate')
      return identity
    }
  })
  app.decorate('authenticate', async request => { identities.set(request, await app.bounded(request, () => app.tokens.check(request.headers.authorization))) })
  app.decorate('authorizeSuperAdmin', async request => { if (request.identity.role !== 'super_admin') throw fail('Forbidden') })
}

export default fp(authentication, { name: 'authentication', dependencies: ['budget', 'sessions'] })
