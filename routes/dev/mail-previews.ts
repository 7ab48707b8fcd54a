import { Type, type Static } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { brandOf } from '../../src/brand.ts'
import type { Config } from '../../src/config.ts'
import { checkedMails } from '../../src/mail/checked-mails.ts'
import { headersOf } from '../../src/mail/headers.ts'
import { samplesOf, type Sample } from '../../src/mail/samples.ts'
import { TemplateError } from '../../src/mail/template.ts'
import { named, replies } from '../../src/replies.ts'
import { mailPreviewsPage } from './mail-previews-page.ts'
import { sendPage } from './page.ts'

const Preview = Type.Object({
  Name: Type.String(),
  Language: Type.String(),
  Subject: Type.String(),
  Headers: Type.Array(Type.Object({ Name: Type.String(), Value: Type.String() })),
  Text: Type.String(),
  Html: Type.String()
})

const previews = {
  hide: true,
  response: replies([named('MailPreviewList', { Previews: Type.Array(Preview), Fault: Type.Optional(Type.String()) }, { Success: { Previews: [] } }), 'NotFound'])
}

/** Whom mails come from where no sender is set. */
const NOBODY = 'noreply@example.com'

/** Every mail with made-up values, as the templates are at this moment: those of `EMAIL_TEMPLATES_DIR` are read anew each time. */
export async function mailPreviews (app: App, config: Config): Promise<void> {
  const brand = brandOf(config)

  function preview ({ name, language, mail }: Sample): Static<typeof Preview> {
    const { from, to, list, headers } = headersOf(mail, config.EMAIL_SENDER ?? NOBODY, brand)
    const lines = { From: `${from.name} <${from.address}>`, To: to.address, Subject: mail.subject, 'List-Id': `<${list.id}>`, ...headers }
    return { Name: name, Language: language, Subject: mail.subject, Headers: Object.entries(lines).map(([Name, Value]) => ({ Name, Value })), Text: mail.text, Html: mail.html }
  }

  app.get('/dev/mailbox/previews.json', { schema: previews, logLevel: 'warn' }, async (_request, reply) => {
    try {
      const samples = samplesOf(checkedMails(brand, config.EMAIL_TEMPLATES_DIR), config.VERIFY_CODE_TTL)
      return reply.answer('Success', { Previews: samples.map(preview) })
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      return reply.answer('Success', { Previews: [], Fault: error.message })
    }
  })

  app.get('/dev/mailbox/previews', { schema: { hide: true } }, async (_request, reply) => sendPage(reply, mailPreviewsPage))
}
