interface Accent { color: string, on: string }

/** What the service says of itself in the document. */
export interface Settings {
  brand: { zh: string, en: string }
  /** The accent of each colour scheme, and the colour of text upon it. */
  light: Accent
  dark: Accent
  /** Seconds until an address may be sent another code. */
  cooldown: number
  /** Minutes that a code is good for. */
  codeMinutes: number
  /** Whether mails can be read at `/dev/mailbox`, on the machine of the service alone. */
  mailbox: boolean
}

const standard: Settings = { brand: { zh: 'Dream 记梦', en: 'Dream' }, light: { color: '#5b4fc7', on: '#ffffff' }, dark: { color: '#a79dff', on: '#17151f' }, cooldown: 60, codeMinutes: 5, mailbox: false }

function read (): Settings {
  const content = document.querySelector('meta[name="dream-settings"]')?.getAttribute('content')
  return { ...standard, ...JSON.parse(content ?? '{}') }
}

export const settings = read()

/** Gives the style sheet the colours of the brand. */
export function paint (): void {
  for (const scheme of ['light', 'dark'] as const) {
    document.documentElement.style.setProperty(`--brand-${scheme}`, settings[scheme].color)
    document.documentElement.style.setProperty(`--on-brand-${scheme}`, settings[scheme].on)
  }
}

/** The development mailbox shows itself to its own machine and to nobody else. */
export const mailboxUrl = settings.mailbox && ['localhost', '127.0.0.1', '[::1]'].includes(location.hostname) ? '/dev/mailbox' : undefined
