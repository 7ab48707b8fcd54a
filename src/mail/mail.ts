/** A mail to one person, in plain text and HTML. */
export interface Mail { to: string, subject: string, text: string, html: string }

/** Delivers a mail: resolves once somebody else has taken the responsibility for it, rejects otherwise. */
export type Mailer = (mail: Mail) => Promise<void>
