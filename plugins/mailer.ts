import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../src/config.ts'
import type { Mailer } from '../src/mail/mail.ts'
import { createMailbox, type Mailbox } from '../src/mail/mailbox.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Delivers a mail: by SMTP, or to the development mailbox where no server is set. */
    mailer: Mailer
    /** The development mailbox; null where mails really leave. */
    mailbox: Mailbox | null
  }
}

async function mailer (app: FastifyInstance, config: Config): Promise<void> {
  const counted = (mailer: Mailer): Mailer => app.metrics?.ofMails(mailer) ?? mailer
  if (config.EMAIL_SMTP_SERVER === undefined || config.EMAIL_SENDER === undefined) {
    const mailbox = createMailbox(Date.now)
    app.decorate('mailer', counted(mailbox.deliver))
    app.decorate('mailbox', mailbox)
    return
  }
  // Loaded only where it is used: start-up time and memory.
  const { createSmtp } = await import('../src/mail/smtp.ts')
  const smtp = createSmtp({
    host: config.EMAIL_SMTP_SERVER,
    port: config.EMAIL_SMTP_PORT,
    sender: config.EMAIL_SENDER,
    password: config.EMAIL_PASSWORD,
    insecure: config.EMAIL_SMTP_INSECURE
  }, (state, { error }) => {
    if (state === 'closed') app.log.info('mail server answers again')
    else app.log.warn({ err: error }, 'mail server does not answer: answering 518 until it does')
  })
  app.breakers.set('Mail', smtp.breaker)
  app.decorate('mailer', counted(smtp.send))
  app.decorate('mailbox', null)
  app.addHook('onClose', async () => { smtp.close() })
}

export default fp(mailer, { name: 'mailer', dependencies: ['breakers', 'metrics'] })
