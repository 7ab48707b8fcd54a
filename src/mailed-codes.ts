import type { Caller } from './accounts.ts'
import { settling } from './budget.ts'
import { fail } from './catalogue.ts'
import { purposeOf, type Codes, type Use } from './codes.ts'
import type { Mailer } from './mail/mail.ts'
import type { Mails } from './mail/mails.ts'
import type { Report } from './report.ts'
import type { Throttle } from './throttle.ts'

/**
 * Mails a code to an address.
 *
 * @param refuse what else speaks against it, asked once the address may be mailed at all
 * @throws Codes 428, 429, 512, 518; else as `refuse` does
 */
export type MailCode = (use: Use, email: string, caller: Caller, refuse: () => Promise<void>) => Promise<void>

interface Parts { codes: Codes, throttle: Throttle, mails: Mails, mailer: Mailer, report: Report }

/** @param ttlSeconds what the mails say about the life of a code */
export function createMailCode ({ codes, throttle, mails, mailer, report }: Parts, ttlSeconds: number): MailCode {
  return async (use, email, caller, refuse) => {
    await throttle.countMail(caller)
    const asker = await throttle.familiarNetwork(email, caller.address)
    await codes.refuseWaiting(use, email, asker)
    await refuse()
    const code = await codes.issue(use, email, asker)
    try {
      await mailer(mails.codeMail(purposeOf(use), caller.language, { to: email, code, ttlSeconds }))
    } catch (error) {
      await settling(() => codes.withdraw(use, email, code, asker).catch(failure => { report(failure, 'an undelivered code could not be withdrawn and lives on unknown to all') }))
      throw fail('MailFailed', {}, error)
    }
  }
}
