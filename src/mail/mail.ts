import type { Language } from '../catalogue.ts'

/** A mail to one person, in plain text and HTML. */
export interface Mail {
  to: string
  language: Language
  subject: string
  text: string
  html: string
  /** What its `Message-ID` is made of, where a repetition of the mail must be told from another one. */
  id?: string
}

/** Delivers a mail: resolves once somebody else has taken the responsibility for it, rejects otherwise. */
export type Mailer = (mail: Mail) => Promise<void>
