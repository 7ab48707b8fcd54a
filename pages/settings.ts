/** What the service says of itself in the document. */
export interface Settings {
  brand: { zh: string, en: string }
  /** Seconds until an address may be sent another code. */
  cooldown: number
  /** Minutes that a code is good for. */
  codeMinutes: number
  /** Whether mails can be read at `/dev/mailbox`, on the machine of the service alone. */
  mailbox: boolean
}

const standard: Settings = { brand: { zh: 'Dream 记梦', en: 'Dream' }, cooldown: 60, codeMinutes: 5, mailbox: false }

function read (): Settings {
  const content = document.querySelector('meta[name="dream-settings"]')?.getAttribute('content')
  return { ...standard, ...JSON.parse(content ?? '{}') }
}

export const settings = read()

/** The development mailbox shows itself to its own machine and to nobody else. */
export const mailboxUrl = settings.mailbox && ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname) ? '/dev/mailbox' : undefined
