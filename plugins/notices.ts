import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { createNotices, mailOf, type Notices } from '../src/notices.ts'
import { createOutbox, type Outbox } from '../src/outbox.ts'
import { createNoticeStore } from '../src/stores/notices.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells owners by mail what became of their accounts. */
    notices: Notices
    /** Mails what is to be told. */
    outbox: Outbox
  }
}

/** Notices in the database, and who mails them. */
async function notices (app: FastifyInstance, { overrides }: { overrides: Overrides }): Promise<void> {
  const now = overrides.wallClock ?? Date.now
  const outbox = createOutbox({
    store: createNoticeStore(app.database),
    mailer: app.mailer,
    mailOf: notice => mailOf(notice, app.mails.noticeMail),
    reachable: () => app.breakers.get('Mail')?.state() !== 'open'
  }, app.log, now)
  let started = false

  app.decorate('outbox', outbox)
  app.decorate('notices', createNotices(outbox, now))
  await app.whenDatabaseIsPrepared(async () => {
    if (!started && overrides.beside === undefined) outbox.start()
    started = true
  })
  // Hooks run in reverse: requests have ended by now, and mailer and database close after this.
  app.addHook('onClose', outbox.close)
}

export default fp(notices, { name: 'notices', dependencies: ['database', 'mailer'] })
