import { Type } from '@sinclair/typebox'
import type { App } from '../src/app.ts'
import { named, replies } from '../src/replies.ts'
import { HealthChecks, ref } from '../src/schemas.ts'

const status = <S extends 'up' | 'down'>(status: S) => Type.Unsafe<S>({ type: 'string', enum: [status], description: 'Whether logins can be served.', examples: [status] })
const checks = { Database: { Status: 'up', LatencyMs: 0.4 }, Redis: { Status: 'up', LatencyMs: 0.2 } }

const readiness = {
  operationId: 'health',
  tags: ['Health'],
  summary: 'Can logins be served?',
  description: 'For load balancers: HTTP 200 only while logins can be served, and 503 with 529 once the service has been told to stop.',
  response: replies([
    named('Healthy', { Status: status('up'), Checks: ref(HealthChecks) }, { Success: { Status: 'up', Checks: checks } }),
    named('Unhealthy', { Status: status('down'), Checks: ref(HealthChecks) }, {
      DatabaseUnavailable: { Status: 'down', Checks: { ...checks, Database: { Status: 'down', LatencyMs: 900.3 } } },
      CacheUnavailable: { Status: 'down', Checks: { ...checks, Redis: { Status: 'down', LatencyMs: 700.6 } } },
      Busy: { Status: 'down', Checks: checks }
    })
  ])
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
    return key === 'Success' ? reply.answer(key, { Status: 'up', Checks: checks }) : reply.answer(key, { Status: 'down', Checks: checks })
  })

  app.get('/health/live', { schema: liveness, logLevel: 'warn' }, async (_request, reply) => reply.answer('Success'))
}
