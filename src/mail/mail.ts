import type { Language } from '../catalogue.ts'

/** A mail to one person, in plain text and HTML. */
export interface Mail {
  to: string
  language: Language
  subject: string
  text: string
  html: string
  /** What its `Message-ID` is made of, the same each time the mail is sent; without, it is made at random. */
  id?: string
}

/** Asked when all of a mail has been sent but its end, from which on it may be delivered. Where it fails, the end is not sent, and the mail is not delivered. */
export type HandOver = () => Promise<void>

/**
 * Delivers a mail: resolves once somebody else has taken the responsibility for it, rejects otherwise.
 *
 * @throws {NotAsked} where it is known that nobody would answer
 */
export type Mailer = (mail: Mail, handOver?: HandOver) => Promise<void>

/** No attempt was made to deliver a mail. */
export class NotAsked extends Error {}
