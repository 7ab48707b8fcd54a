import type { Mail, Mailer } from './mail.ts'

export interface StoredMail extends Mail { sentAt: Date }

/** The development mailbox: mails that go nowhere and can be looked at. */
export interface Mailbox {
  deliver: Mailer
  /** Newest first. @param to only those to this canonical address */
  list: (to?: string) => StoredMail[]
}

const MOST_MAILS = 100

/** @param now wall clock in milliseconds */
export function createMailbox (now: () => number): Mailbox {
  const mails: StoredMail[] = []
  return {
    async deliver (mail, handOver) {
      await handOver?.()
      mails.unshift({ ...mail, sentAt: new Date(now()) })
      mails.length = Math.min(mails.length, MOST_MAILS)
    },
    list: to => mails.filter(mail => to === undefined || mail.to === to)
  }
}
