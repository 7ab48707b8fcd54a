import type { Language } from '../catalogue.ts'
import type { MailName } from './names.ts'
import type { Values } from './template.ts'

/** What each notice tells besides when it happened. Of what a client sent there is nothing but an address, masked. */
interface Details {
  /** By a reset, or by somebody who was logged in and still is, there alone. */
  password_changed: object
  /** To the address that the account has left. `until`: how long it can be had back, wall clock in milliseconds. */
  email_changed: { newEmail: string, until: number }
  /** To the address that an account has been taken back from. */
  email_restored: object
  /** `network` as `networkOf` gives it. */
  new_network: { network: string }
  account_deleted: object
}

/** What an account's owner is told without having asked. */
export type Notice = keyof Details

/** `at`: when it happened, wall clock in milliseconds. */
export type Given<N extends Notice> = Details[N] & { at: number }

const DAY_MS = 86_400_000

const names: Record<Notice, MailName> = {
  password_changed: 'notice-password-changed',
  email_changed: 'notice-email-changed',
  email_restored: 'notice-email-restored',
  new_network: 'notice-new-network',
  account_deleted: 'notice-account-deleted'
}

export const noticeMailName = (notice: Notice): MailName => names[notice]

/** To the minute, and in UTC, as the service does not know where its reader is. */
function timeOf (at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

/** Enough for its owner to know it by: who reads this may be somebody else by now. What is masked already stays as it is. */
export function maskedEmail (email: string): string {
  const at = email.lastIndexOf('@')
  return `${email.slice(0, Math.min(1, at))}***${email.slice(at)}`
}

const UNKNOWN_NETWORK: Record<Language, string> = { zh: '未知网络', en: 'an unknown one' }

/** What the templates of a notice may show. Neither a user agent nor a name: whoever broke in would write them. */
export function noticeValues<N extends Notice> (language: Language, given: Given<N>): Values {
  const values: Values = { time: timeOf(given.at) }
  if ('newEmail' in given) values.newEmail = maskedEmail(given.newEmail)
  if ('until' in given) Object.assign(values, { until: timeOf(given.until), days: String(Math.round((given.until - given.at) / DAY_MS)) })
  if ('network' in given) values.network = given.network === 'unknown' ? UNKNOWN_NETWORK[language] : given.network
  return values
}
