import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Breaker } from '../src/breaker.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The breaker of each dependency that another machine may have: in server mode the database and Redis, and the mail server where there is one. */
    breakers: Map<'Database' | 'Redis' | 'Mail', Breaker>
  }
}

/** Where it is known which dependencies are dead. */
async function breakers (app: FastifyInstance): Promise<void> {
  app.decorate('breakers', new Map())
}

export default fp(breakers, { name: 'breakers' })
