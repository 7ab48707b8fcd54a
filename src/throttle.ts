import { createHmac } from 'node:crypto'
import ipaddr from 'ipaddr.js'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { RateLimiterRes } from 'rate-limiter-flexible'
import { fail, Failure, type Key } from './catalogue.ts'
import type { Report } from './report.ts'

/** `points` within `seconds`; then nothing more until the `seconds` are over. */
export interface Limit { name: string, points: number, seconds: number }

export const limits = {
  /** Failed logins of one account from one network. */
  login: { name: 'login', points: 10, seconds: 15 * 60 },
  /** Failed logins from one network, whatever the account: a person errs less, a household or an office little more. */
  network: { name: 'network', points: 100, seconds: 15 * 60 },
  /** Wrong or missing codes from one network. Each code has its own five tries besides. */
  guess: { name: 'guess', points: 100, seconds: 15 * 60 },
  /** Mails asked for from one network. */
  mail: { name: 'mail', points: 60, seconds: 15 * 60 }
} as const satisfies Record<string, Limit>

/** Counters that guard what a stranger may repeat. Counts are atomic. Every method may fail with Codes 429 and 512. */
export interface Throttle {
  /** Runs a login. It is counted before its password is checked, so that guesses in parallel count too; only a wrong password stays counted. */
  login: <T>(email: string, address: string, run: () => Promise<T>) => Promise<T>
  /** Runs what a code guards, likewise: a code that was wrong or none stays counted, and so does what tells who has an account. */
  guess: <T>(address: string, run: () => Promise<T>) => Promise<T>
  /** Counts a mail that somebody asks for. */
  countMail: (address: string) => Promise<void>
  /** Forgets the failed logins of an account from a network: its owner has just proved the mailbox. */
  forgive: (email: string, address: string) => Promise<void>
}

interface Count { limiter: RateLimiterAbstract, key: string }

/**
 * @param limiter makes a counter, in Redis or in the process
 * @param secret key of the hashes that stand for accounts and networks in the counters
 */
export function createThrottle (limiter: (limit: Limit) => RateLimiterAbstract, secret: string, report: Report): Throttle {
  const login = limiter(limits.login)
  const network = limiter(limits.network)
  const guess = limiter(limits.guess)
  const mail = limiter(limits.mail)
  const keyOf = (...parts: string[]): string => createHmac('sha256', secret).update(JSON.stringify(['throttle', ...parts])).digest('base64url')

  // What was decided stands, whether or not the counter could be put right.
  const settle = async (change: Promise<unknown>): Promise<void> => {
    await change.catch(error => { report(error, 'a throttle counter could not be put back and stays too high until it expires') })
  }

  async function guarded<T> (counts: Count[], wrong: Key[], run: () => Promise<T>): Promise<T> {
    const taken: Count[] = []
    const giveBack = async (): Promise<void> => {
      await Promise.all(taken.map(({ limiter, key }) => settle(limiter.reward(key))))
    }
    for (const count of counts) {
      try {
        await counted(count.limiter.consume(count.key))
      } catch (error) {
        // What was refused was not tried.
        await giveBack()
        throw error
      }
      taken.push(count)
    }
    try {
      const result = await run()
      await giveBack()
      return result
    } catch (error) {
      if (!(error instanceof Failure && wrong.includes(error.key))) await giveBack()
      throw error
    }
  }

  return {
    async login (email, address, run) {
      const who = { limiter: login, key: keyOf(email, networkOf(address)) }
      const result = await guarded([{ limiter: network, key: keyOf(networkOf(address)) }, who], ['LoginFailed'], run)
      await settle(login.delete(who.key))
      return result
    },

    async guess (address, run) {
      return guarded([{ limiter: guess, key: keyOf(networkOf(address)) }], ['CodeWrong', 'CodeExpired', 'UserExists', 'UserNotFound'], run)
    },

    async countMail (address) {
      await counted(mail.consume(keyOf(networkOf(address))))
    },

    async forgive (email, address) {
      await settle(login.delete(keyOf(email, networkOf(address))))
    }
  }
}

async function counted (count: Promise<unknown>): Promise<void> {
  try {
    await count
  } catch (error) {
    if (error instanceof RateLimiterRes) throw fail('TooManyRequests', { RetryAfter: Math.max(1, Math.ceil(error.msBeforeNext / 1000)) })
    throw fail('CacheUnavailable', {}, error)
  }
}

const IPV6_NETWORK_GROUPS = 4

/** What counts as one network: an IPv4 address, also when written as IPv6, or the /64 that an IPv6 customer is given. */
export function networkOf (address: string): string {
  // Some proxies forward the port with the address.
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/^([\d.]+):\d+$/, '$1')
  // Whoever can make addresses up would otherwise have a count for each.
  if (!ipaddr.isValid(bare)) return 'unknown'
  const parsed = ipaddr.process(bare)
  return parsed instanceof ipaddr.IPv6 ? `${parsed.parts.slice(0, IPV6_NETWORK_GROUPS).map(part => part.toString(16)).join(':')}::/64` : parsed.toString()
}
