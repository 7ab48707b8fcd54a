import { Type } from '@sinclair/typebox'
import type { App } from '../src/app.ts'
import { DependencyCheck, ref, replies } from '../src/schemas.ts'

const Status = Type.Unsafe<'up' | 'down'>({ type: 'string', enum: ['up', 'down'] })
const Checks = Type.Object({ Database: ref(DependencyCheck), Redis: Type.Optional(ref(DependencyCheck)) }, { description: 'Redis is there in server mode alone.' })
const up = { Status: 'up', Checks: { Database: { Status: 'up', LatencyMs: 0.4 }, Redis: { Status: 'up', LatencyMs: 0.2 } } }

const readiness = {
  operationId: 'health',
  tags: ['Health'],
  summary: 'Can logins be served?',
  description: 'For load balancers: HTTP 200 only while logins can be served, and 503 with 529 once the service has been told to stop.',
  response: replies(['Success', 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'], {
    fields: { Status, Checks },
    statuses: [200, 503],
    examples: {
      Success: up,
      DatabaseUnavailable: { ...up, Status: 'down', Checks: { ...up.Checks, Database: { Status: 'down', LatencyMs: 900.3 } } },
      CacheUnavailable: { ...up, Status: 'down', Checks: { ...up.Checks, Redis: { Status: 'down', LatencyMs: 700.6 } } },
      Busy: { ...up, Status: 'down' }
    }
  })
}

const liveness = {
  operationId: 'live',
  tags: ['Health'],
  summary: 'Does the process run?',
  description: 'For supervisors: HTTP 200 while the process turns its event loop. Asks nobody else.',
  response: replies(['Success'])
}

export async function health (app: App): Promise<void> {
  app.get('/health', { schema: readiness, logLevel: 'warn' }, async (_request, reply) => {
    const { key: found, checks } = await app.health()
    const key = app.draining && !app.replaced ? 'Busy' : found
    return reply.answer(key, { Status: key === 'Success' ? 'up' : 'down', Checks: checks })
  })

  app.get('/health/live', { schema: liveness, logLevel: 'warn' }, async (_request, reply) => reply.answer('Success'))
}
