import type { Background } from './background.ts'
import type { Language } from './catalogue.ts'
import type { Mailer } from './mail/mail.ts'
import type { Mails } from './mail/mails.ts'
import type { Given, Notice } from './mail/notice-mail.ts'

/** Tells an owner by mail what became of the account. Nobody waits for it: what was done is done. */
export type Tell = <N extends Notice>(notice: N, language: Language, given: Given<N> & { to: string }) => void

export function createTell (mails: Mails, mailer: Mailer, background: Background): Tell {
  return (notice, language, given) => { background.run(() => mailer(mails.noticeMail(notice, language, given)), `a notice (${notice}) could not be mailed`) }
}
