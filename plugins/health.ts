import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Finding } from '../src/breaker.ts'
import type { Key } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'

export interface DependencyState { Status: 'up' | 'down', LatencyMs: number }

export interface Health {
  key: Extract<Key, 'Success' | 'DatabaseUnavailable' | 'CacheUnavailable'>
  checks: { Database: DependencyState, Redis?: DependencyState }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether logins can be served. Asked often: what was found is shared by all who ask within a quarter of a second. */
    health: () => Promise<Health>
  }
}

const SHARED_MS = 250

async function health (app: FastifyInstance, config: Config): Promise<void> {
  let last: Promise<Health> | undefined
  let until = 0

  /** What is known dead is looked at anyway, in the background: nobody waits for that. */
  async function find (dependency: 'Database' | 'Redis'): Promise<Finding> {
    const breaker = app.breakers.get(dependency)
    if (breaker !== undefined) return breaker.state() === 'open' ? breaker.last() : breaker.look()
    const start = performance.now()
    const error = await app.tryDatabase().then(() => undefined, (error: unknown) => error)
    return { error, ms: performance.now() - start }
  }

  async function check (dependency: 'Database' | 'Redis'): Promise<DependencyState> {
    const { error, ms } = await find(dependency)
    return { Status: error === undefined ? 'up' : 'down', LatencyMs: Math.round(ms * 10) / 10 }
  }

  async function checkAll (): Promise<Health> {
    const [database, redis] = await Promise.all([check('Database'), config.mode === 'server' ? check('Redis') : undefined])
    until = performance.now() + SHARED_MS
    return {
      key: database.Status === 'down' ? 'DatabaseUnavailable' : redis?.Status === 'down' ? 'CacheUnavailable' : 'Success',
      checks: { Database: database, ...(redis && { Redis: redis }) }
    }
  }

  app.decorate('health', () => {
    if (last === undefined || performance.now() >= until) {
      until = Infinity
      last = checkAll()
    }
    return last
  })
}

export default fp(health, { name: 'health', dependencies: ['database'] })
