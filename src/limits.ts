/** `points` within `seconds`; then nothing more until they are over. */
export interface Limit {
  name: string
  points: number
  seconds: number
  /** The seconds begin anew with each point: a streak that only a pause ends. Else they begin with the first. */
  streak?: true
}

const MINUTE = 60
const QUARTER = 15 * MINUTE
const DAY = 24 * 60 * MINUTE
const WEEK = 7 * DAY

/**
 * Every limit, once; docs/SECURITY-MODEL.md gives the reason of each. A network is an IPv4 address or an IPv6 /64, its block the
 * IPv4 /24 or the IPv6 /48 around it. A network is familiar to an account that has logged in from it.
 */
export const limits = {
  /** Failed logins of one account from one network: waits that grow. */
  login: [
    { name: 'login-minute', points: 10, seconds: MINUTE, streak: true },
    { name: 'login-quarter', points: 20, seconds: QUARTER, streak: true },
    { name: 'login-day', points: 40, seconds: DAY, streak: true },
    { name: 'login-week', points: 100, seconds: WEEK, streak: true }
  ],
  /** Failed logins of one account from all networks that are not familiar to it. */
  account: [
    { name: 'account-quarter', points: 20, seconds: QUARTER },
    { name: 'account', points: 100, seconds: WEEK, streak: true }
  ],
  /** Failed logins from one network, whatever the accounts. */
  network: [
    { name: 'network-quarter', points: 100, seconds: QUARTER },
    { name: 'network-day', points: 1_000, seconds: DAY }
  ],
  /** Failed logins from one block, at accounts that it is not familiar to. */
  block: [
    { name: 'block-quarter', points: 400, seconds: QUARTER }
  ],
  /** Wrong or missing codes from one network. Each code has its own five tries besides. */
  guess: [
    { name: 'guess-quarter', points: 100, seconds: QUARTER },
    { name: 'guess-day', points: 500, seconds: DAY }
  ],
  guessBlock: [
    { name: 'guess-block-quarter', points: 400, seconds: QUARTER }
  ],
  /** Mails asked for from one network. */
  mail: [
    { name: 'mail-quarter', points: 60, seconds: QUARTER },
    { name: 'mail-day', points: 300, seconds: DAY }
  ],
  mailBlock: [
    { name: 'mail-block-quarter', points: 240, seconds: QUARTER }
  ],
  /** Codes of one kind mailed to one address: on request of networks that are not familiar to its account together, and of each that is. */
  mailbox: [
    { name: 'mailbox-day', points: 10, seconds: DAY }
  ],
  /** Changes of one account's password by somebody who is logged in: each is told by a mail. */
  change: [
    { name: 'change-day', points: 20, seconds: DAY }
  ],
  /** Mails to one account about networks that are new to it; none follows. */
  news: [
    { name: 'news-day', points: 20, seconds: DAY }
  ]
} as const satisfies Record<string, readonly Limit[]>

/**
 * What a network may try for nothing where `CAPTCHA` is on; then each try takes work. Those that show work are not counted here, so it is
 * as free as before when the time is over.
 */
export const free = {
  /** Wrong passwords and codes, those under way included. */
  tries: [{ name: 'free-tries', points: 5, seconds: 60 * MINUTE }],
  /** Mails asked for. */
  mails: [{ name: 'free-mails', points: 10, seconds: 60 * MINUTE }]
} as const satisfies Record<string, readonly Limit[]>

/** How long a network stays familiar after a login from it. */
export const FAMILIAR_SECONDS = 90 * DAY

/** How long it is known which networks failed at an account: as long as the longest of their streaks. */
export const FAILED_SECONDS = WEEK
