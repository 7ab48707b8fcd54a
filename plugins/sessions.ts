import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import type { Config } from '../src/config.ts'
import { createLastSeen } from '../src/last-seen.ts'
import { createRemembered } from '../src/remembered.ts'
import { createRevocations, type Feed, type Revocations } from '../src/revocations.ts'
import type { Report } from '../src/report.ts'
import { createSessions, type Sessions, type SessionStore } from '../src/sessions.ts'
import { createProcessFeed } from '../src/stores/feed.process.ts'
import { createSessionStore } from '../src/stores/sessions.ts'
import { createTokens, type Tokens } from '../src/tokens.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    sessions: Sessions
    sessionStore: SessionStore
    revocations: Revocations
    tokens: Tokens
  }
}

const MINUTE_MS = 60_000
const FOREIGN_WRITES_MS = 500
/** How long a stop waits for the database. */
const PATIENCE_MS = 2_000

/** Sessions, their tokens, and word of their end between processes. */
async function sessions (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const report = (error: unknown, what: string): void => { app.log.warn({ err: error }, what) }
  const now = overrides.wallClock ?? Date.now
  const feed = config.mode === 'server' ? await redisFeed(app, config, report) : embeddedFeed(app)
  const revocations = createRevocations(feed, report)
  const remembered = createRemembered(feed, now)
  const store = createSessionStore(app.database)
  const noteLastSeen = createLastSeen(store, remembered, report, now)
  const lifetimes = { tokenMs: config.tokenSeconds * 1000, sessionMs: Math.max(config.tokenSeconds, config.sessionSeconds) * 1000 }

  app.decorate('sessions', createSessions(store, revocations, lifetimes, now))
  app.decorate('sessionStore', store)
  app.decorate('revocations', revocations)
  app.decorate('tokens', createTokens({ signer: app.signer, remembered, standing: id => store.standing(id) }, now))

  // What was verified with a key that is no longer accepted is worth nothing.
  app.signer.onChange(remembered.clear)
  // Not all processes at once.
  const timer = setInterval(() => { noteLastSeen() }, MINUTE_MS * (1 - Math.random() / 6)).unref()
  app.addHook('onClose', async () => {
    clearInterval(timer)
    await Promise.race([Promise.all([revocations.close(), noteLastSeen()]), sleep(PATIENCE_MS, undefined, { ref: false })])
  })
}

async function redisFeed (app: FastifyInstance, config: Config, report: Report): Promise<Feed> {
  const [{ createSubscriber }, { createRedisFeed }] = await Promise.all([import('./redis.ts'), import('../src/stores/feed.redis.ts')])
  const subscriber = createSubscriber(config)
  // Channels are not of one database number. As the client knows it: REDIS_URL may name it as well.
  const { feed, close } = createRedisFeed({ client: app.redis, subscriber }, `dream:revocations:${app.redis.options.db ?? 0}`, report)
  app.addHook('onClose', async () => { close() })
  await Promise.race([subscriber.connect().catch(() => {}), sleep(PATIENCE_MS, undefined, { ref: false })])
  return feed
}

/** A program beside the service, such as `npm run user`, may write to the file: then nothing is remembered any more. */
function embeddedFeed (app: FastifyInstance): Feed {
  const feed = createProcessFeed()
  let version: number | undefined
  const timer = setInterval(() => {
    sql<{ data_version: number }>`PRAGMA data_version`.execute(app.database).then(async ({ rows: [row] }) => {
      if (row?.data_version !== version) await feed.announceGap()
      version = row?.data_version
    }).catch(() => {})
  }, FOREIGN_WRITES_MS).unref()
  app.addHook('onClose', async () => { clearInterval(timer) })
  return feed
}

export default fp(sessions, { name: 'sessions', dependencies: ['database', 'jwt'] })
