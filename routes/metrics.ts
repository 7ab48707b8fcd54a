import type { FastifyRequest } from 'fastify'
import type { App } from '../src/app.ts'
import { fail } from '../src/catalogue.ts'
import { createGuard } from '../src/metrics/guard.ts'
import { METRICS_PATH, type Exposition } from '../src/metrics/listener.ts'

/** For operators, and not in the OpenAPI document: it is there only where they want it. */
const schema = { hide: true }

export async function metrics (app: App, { exposition, token }: { exposition: Exposition, token: string }): Promise<void> {
  const admits = createGuard(token)
  const onRequest = async ({ headers }: Pick<FastifyRequest, 'headers'>): Promise<void> => { if (!admits(headers.authorization)) throw fail('Unauthorized') }

  app.get(METRICS_PATH, { schema, logLevel: 'warn', onRequest }, async (_request, reply) => reply.type(exposition.contentType).send(await exposition.text()))
}
