import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Key } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'

export interface DependencyState { Status: 'up' | 'down', LatencyMs: number }

export interface Health {
  key: Extract<Key, 'Success' | 'DatabaseUnavailable' | 'CacheUnavailable'>
  checks: { Database: DependencyState, Redis?: DependencyState }
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether logins can be served. Asked often: an answer is shared by all who ask within a quarter of a second. */
    health: () => Promise<Health>
  }
}

const SHARED_MS = 250
const PATIENCE_MS = 1_500

async function timed (check: () => Promise<unknown>): Promise<DependencyState> {
  const start = performance.now()
  let timer: NodeJS.Timeout | undefined
  const overdue = new Promise<never>((_resolve, reject) => { timer = setTimeout(() => { reject(new Error('no answer')) }, PATIENCE_MS) })
  const up = await Promise.race([check(), overdue]).then(() => true, () => false)
  clearTimeout(timer)
  return { Status: up ? 'up' : 'down', LatencyMs: Math.round((performance.now() - start) * 10) / 10 }
}

async function health (app: FastifyInstance, config: Config): Promise<void> {
  let last: Promise<Health> | undefined
  let until = 0

  // Both checks write, as a login does: what answers but may not be written to is of no use. No account has the number 0, and
  // were there one, it would stay as it is.
  async function check (): Promise<Health> {
    const [database, redis] = await Promise.all([
      timed(() => app.database.updateTable('Users').set(({ ref }) => ({ LastLogin: ref('LastLogin') })).where('UserID', '=', 0).execute()),
      config.mode === 'server' ? timed(() => app.redis.set('dream:health', '1', 'PX', PATIENCE_MS)) : undefined
    ])
    return {
      key: database.Status === 'down' ? 'DatabaseUnavailable' : redis?.Status === 'down' ? 'CacheUnavailable' : 'Success',
      checks: { Database: database, ...(redis && { Redis: redis }) }
    }
  }

  app.decorate('health', () => {
    if (last === undefined || performance.now() >= until) {
      until = performance.now() + SHARED_MS
      last = check()
    }
    return last
  })
}

export default fp(health, { name: 'health', dependencies: ['database'] })
