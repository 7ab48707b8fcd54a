import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'
import { createEvents, type Events } from '../src/events.ts'
import { expireEvents } from '../src/retention.ts'
import { createEventStore } from '../src/stores/events.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** The audit trail. */
    events: Events
  }
}

/** The audit trail in the database, and its retention. */
async function events (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const store = createEventStore(app.database)
  const trail = createEvents(store, { secret: config.JWT_SECRET_KEY, now: Date.now }, app.log)
  const closing = new AbortController()
  let expiring: Promise<void> | undefined

  app.decorate('events', trail)
  await app.whenDatabaseIsPrepared(async () => {
    if (overrides.beside === undefined) expiring ??= expireEvents(store, { days: config.EVENTS_RETENTION_DAYS, now: Date.now, signal: closing.signal }, app.log)
  })
  // Hooks run in reverse: requests have ended by now, and the database closes after this.
  app.addHook('onClose', async () => {
    closing.abort()
    await trail.close()
  })
}

export default fp(events, { name: 'events', dependencies: ['database'] })
