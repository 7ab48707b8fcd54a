import { brandOf } from '../../src/brand.ts'
import { loadConfig } from '../../src/config.ts'
import { checkedMails } from '../../src/mail/checked-mails.ts'
import type { Mails } from '../../src/mail/mails.ts'

/** The mails as these settings make them. */
export function mails (settings: Record<string, string> = {}, folder?: string): Mails {
  return checkedMails(brandOf(loadConfig({ JWT_SECRET_KEY: 'a key for tests: 9f2b7c41e8d05a63b1f4', ...settings })), folder)
}
