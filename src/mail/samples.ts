import type { Language } from '../catalogue.ts'
import type { Mail } from './mail.ts'
import type { Mails } from './mails.ts'
import { languages, type MailName } from './names.ts'

export interface Sample { name: MailName, language: Language, mail: Mail }

export const SAMPLE_CODE = '048213'
const to = 'alice@example.com'
const AT = Date.UTC(2026, 10, 25, 23, 58, 31)
const WEEK_MS = 7 * 86_400_000

/** Every mail in every language, with made-up values. */
export function samplesOf ({ codeMail, noticeMail }: Mails, ttlSeconds = 300): Sample[] {
  const code = { to, code: SAMPLE_CODE, ttlSeconds }
  const notice = { to, at: AT }
  const all: Record<MailName, (language: Language) => Mail> = {
    'code-sign': language => codeMail('sign', language, code),
    'code-reset': language => codeMail('reset', language, code),
    'code-email': language => codeMail('email', language, code),
    'notice-password-changed': language => noticeMail('password_changed', language, notice),
    'notice-email-changed': language => noticeMail('email_changed', language, { ...notice, newEmail: 'alice.new@example.org', until: AT + WEEK_MS }),
    'notice-email-restored': language => noticeMail('email_restored', language, notice),
    'notice-new-network': language => noticeMail('new_network', language, { ...notice, network: '203.0.113.7' }),
    'notice-account-deleted': language => noticeMail('account_deleted', language, notice)
  }
  const names = Object.keys(all).filter((name): name is MailName => name in all)
  return names.flatMap(name => languages.map(language => ({ name, language, mail: all[name](language) })))
}
