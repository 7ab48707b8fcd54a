import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { canonicalEmail } from '../../src/canonical.ts'
import type { Config } from '../../src/config.ts'
import type { Mailbox } from '../../src/mail/mailbox.ts'
import { named, replies } from '../../src/replies.ts'
import { mailPreviews } from './mail-previews.ts'
import { mailboxPage } from './mailbox-page.ts'
import { sendPage } from './page.ts'
import { refuseStrangers } from './this-machine.ts'

const StoredMail = Type.Object({ To: Type.String(), Subject: Type.String(), Text: Type.String(), Html: Type.String(), SentAt: Type.String({ format: 'date-time' }) })

const list = {
  hide: true,
  querystring: Type.Object({ To: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false }),
  response: replies([named('MailList', { Mails: Type.Array(StoredMail) }, { Success: { Mails: [] } }), 'BadRequest', 'NotFound'])
}

/** @param mailbox where the mails lie; the routes exist only where there is one */
export async function devMailbox (app: App, { mailbox, config }: { mailbox: Mailbox, config: Config }): Promise<void> {
  app.addHook('onRequest', refuseStrangers)
  await app.register(mailPreviews, config)

  app.get('/dev/mailbox.json', { schema: list, logLevel: 'warn' }, async (request, reply) => {
    const { To } = request.query
    const mails = mailbox.list(To === undefined ? undefined : canonicalEmail(To))
    return reply.answer('Success', { Mails: mails.map(({ to, subject, text, html, sentAt }) => ({ To: to, Subject: subject, Text: text, Html: html, SentAt: sentAt.toISOString() })) })
  })

  app.get('/dev/mailbox', { schema: { hide: true } }, async (_request, reply) => sendPage(reply, mailboxPage))
}
