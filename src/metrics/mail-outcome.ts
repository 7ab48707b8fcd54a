import { Failure } from '../catalogue.ts'

/**
 * What becomes of a mail: `deferred` and `refused` are answers of the mail server (4xx and 5xx), `authentication` its refusal of
 * us; `timeout` and `connection` are for want of one; `busy`: too many waited already.
 */
export const MAIL_OUTCOMES = ['sent', 'deferred', 'refused', 'authentication', 'timeout', 'connection', 'busy', 'other'] as const
export type MailOutcome = typeof MAIL_OUTCOMES[number]

const CONNECTION = /^(?:ECONN|EPIPE|EDNS|ENOTFOUND|EAI_|EHOST|ENET|ESOCKET|ETLS|ESTREAM)/

/** Why a mail was not sent, as Nodemailer's errors tell it. */
export function outcomeOf (error: unknown): MailOutcome {
  if (error instanceof Failure) return error.key === 'Busy' ? 'busy' : 'other'
  const { code, responseCode } = Object(error)
  if (code === 'EAUTH') return 'authentication'
  if (typeof responseCode === 'number' && responseCode >= 400) return responseCode < 500 ? 'deferred' : 'refused'
  if (code === 'ETIMEDOUT') return 'timeout'
  if (code === 'EENVELOPE') return 'refused'
  return typeof code === 'string' && CONNECTION.test(code) ? 'connection' : 'other'
}
