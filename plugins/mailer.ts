import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { brandOf } from '../src/brand.ts'
import { ConfigError, type Config } from '../src/config.ts'
import { checkedMails } from '../src/mail/checked-mails.ts'
import { readDkimKey } from '../src/mail/dkim.ts'
import type { Mailer } from '../src/mail/mail.ts'
import { createMailbox, type Mailbox } from '../src/mail/mailbox.ts'
import type { Mails } from '../src/mail/mails.ts'
import { TemplateError } from '../src/mail/template.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Delivers a mail: by SMTP, or to the development mailbox where no server is set. */
    mailer: Mailer
    /** Writes what it delivers. */
    mails: Mails
    /** The development mailbox; null where mails really leave. */
    mailbox: Mailbox | null
  }
}

/** The mails as the settings want them, or a start that says which file is wrong. */
function mailsOf (config: Config): Mails {
  try {
    return checkedMails(brandOf(config), config.EMAIL_TEMPLATES_DIR)
  } catch (error) {
    throw error instanceof TemplateError ? new ConfigError(`EMAIL_TEMPLATES_DIR cannot be used: ${error.message}`) : error
  }
}

async function mailer (app: FastifyInstance, config: Config): Promise<void> {
  app.decorate('mails', mailsOf(config))
  const dkim = readDkimKey(config)
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
    insecure: config.EMAIL_SMTP_INSECURE,
    brand: brandOf(config),
    dkim
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
