import { createHmac, randomUUID } from 'node:crypto'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { settling } from './budget.ts'
import { Failure, type Key } from './catalogue.ts'
import { createCounting, type Count } from './counting.ts'
import type { Captcha } from './captcha.ts'
import { free, limits, type Limit } from './limits.ts'
import { blockOf, networkOf } from './networks.ts'
import type { Once } from './once.ts'
import type { Report } from './report.ts'

/**
 * What an account's network is to it: `familiar` where it has logged in from there, `strange` where it has from others alone, and
 * `first` where nothing is known of any, as before the first login or after ninety days without one.
 */
export type Arrival = 'familiar' | 'strange' | 'first'

/**
 * What is remembered of the networks of an account. Both are opaque. An epoch is the time between two resets, and is named by its
 * beginning: familiar is what was welcomed in the present one. Each method is one atomic step and may fail with Code 512.
 */
export interface NetworkStore {
  /** The present epoch, none before the first login, and whether the network is familiar in it. */
  recall: (account: string, network: string) => Promise<{ epoch: string | undefined, familiar: boolean }>
  /** Makes the network familiar, in `next` where there was no epoch; nothing, where the epoch that was recalled has ended meanwhile. */
  welcome: (account: string, network: string, epoch: string | undefined, next: string) => Promise<void>
  /** Begins an epoch with this network alone. */
  begin: (account: string, network: string, epoch: string) => Promise<void>
  /** Remembers that a login failed there, as long as that is counted. */
  noteFailure: (account: string, network: string) => Promise<void>
  /** All that are familiar or have failed. */
  networks: (account: string) => Promise<string[]>
  forget: (account: string) => Promise<void>
}

/** Who tries something: the address that is throttled, and the work shown for it, `X-Captcha` as it was sent. One object is one request. */
export interface Asker { address: string, solution?: string | undefined }

/** Counters that guard what a stranger may repeat. Counts are atomic. Every method may fail with Codes 429 and 512, those that take an asker with 428. */
export interface Throttle {
  /** Runs a login. It is counted before its password is checked, so that guesses in parallel count too; only a wrong password stays counted. */
  login: <T>(email: string, asker: Asker, run: (arrival: Arrival) => Promise<T>) => Promise<T>
  /**
   * Runs what asks a person who is logged in for the password again. It counts as a login does and in the same counters: who has
   * stolen a token has no more guesses than any stranger. A success makes no network familiar and forgives no failure.
   */
  reauthenticate: <T>(email: string, asker: Asker, run: () => Promise<T>) => Promise<T>
  /** Runs what a code guards, likewise: a code that was wrong or none stays counted, and so does what tells who has an account. */
  guess: <T>(asker: Asker, run: () => Promise<T>) => Promise<T>
  /** Counts a mail that somebody asks for. */
  countMail: (asker: Asker) => Promise<void>
  /** Counts a change of the account's password by somebody who is logged in. @throws Code 429 after so many that they cannot be meant */
  countChange: (email: string) => Promise<void>
  /** Counts a mail to the account about a network that is new to it. `false`: it has had its share of the day. Never fails: in doubt it is told. */
  countNews: (email: string) => Promise<boolean>
  /** The network of an address, where the account has logged in from it before. */
  familiarNetwork: (email: string, address: string) => Promise<string | undefined>
  /** The owner has just proved the mailbox, from here: forgets failed logins, and which networks were familiar besides. Never fails. */
  forgive: (email: string, address: string) => Promise<void>
  /** The account has just moved from one mailbox to another that was proved from here: `forgive` there, `erase` where it was. Never fails. */
  rename: (from: string, to: string, address: string) => Promise<void>
  /** Forgets an account that is no more: what failed at it, and its networks. It may be repeated. */
  erase: (email: string) => Promise<void>
}

const WRONG_PASSWORD: Key[] = ['LoginFailed']
const WRONG_CODE: Key[] = ['CodeWrong', 'CodeExpired', 'UserExists', 'UserNotFound']

/**
 * @param limiter makes a counter, in Redis or in the process
 * @param secret key of the hashes that stand for accounts and networks in the counters
 * @param once whether the audit trail is still to be told
 * @param captcha takes work from networks that have failed some times; none where `CAPTCHA` is off
 */
export function createThrottle (limiter: (limit: Limit) => RateLimiterAbstract, store: NetworkStore, secret: string, report: Report, once: Once, captcha?: Captcha): Throttle {
  const counting = createCounting(limiter, report, once)
  const keyOf = (...parts: string[]): string => createHmac('sha256', secret).update(JSON.stringify(['throttle', ...parts])).digest('base64url')
  const ofAccount = (email: string): Count[] => counting.of(limits.account, keyOf(email))

  /** What was decided stands, whether or not it could be remembered. */
  const settle = (what: string, changes: () => Array<Promise<unknown>>): Promise<void> => settling(async () => {
    await Promise.all(changes()).catch(error => { report(error, what) })
  })

  const shown = new WeakSet<Asker>()

  /**
   * Lets in for nothing what a network may still try so, and else for work: before anything else is counted, looked up or hashed. Whom it
   * is about is not asked, or the answer would say whether there is such an account. Returns what it was counted in.
   */
  async function admit (asker: Asker, group: readonly Limit[]): Promise<Count[]> {
    if (captcha === undefined) return []
    const counts = counting.of(group, keyOf(networkOf(asker.address)))
    const ms = await counting.takeIfFree(counts)
    if (ms === 0) return counts
    // Who changes an address tries a password and asks for a mail: that is still one request, and one solution.
    if (!shown.has(asker)) await captcha.prove(asker.solution, counts.some(({ limit, key }) => once(`${limit.name}:${key}`, ms)) ? 'captcha' : undefined)
    shown.add(asker)
    return []
  }

  /** An attempt at an account's password, and what becomes of a success. */
  async function attempt<T> (email: string, asker: Asker, run: (arrival: Arrival) => Promise<T>, welcome: (network: string, epoch: string | undefined) => Promise<void>): Promise<T> {
    const { address } = asker
    const admitted = await admit(asker, free.tries)
    const network = keyOf(email, networkOf(address))
    const { epoch, familiar } = await store.recall(keyOf(email), network)
    // Strangers may close an account to strangers, and never to a network that its owner has used.
    const own = counting.of(limits.login, network)
    const account = familiar ? [] : ofAccount(email)
    const shared = counting.of(limits.network, keyOf(networkOf(address)))
    const block = familiar ? [] : counting.of(limits.block, keyOf(blockOf(address)))
    const stages = [own.slice(0, 1), [...own.slice(1), ...shared.slice(0, 1)], account.slice(0, 1), [...account.slice(1), ...shared.slice(1), ...block]]
    let result
    try {
      result = await counting.guarded(stages, WRONG_PASSWORD, () => run(familiar ? 'familiar' : epoch === undefined ? 'first' : 'strange'), admitted)
    } catch (error) {
      if (error instanceof Failure && WRONG_PASSWORD.includes(error.key)) {
        await settle('a failed login could not be noted and outlives the erasure of its account', () => [store.noteFailure(keyOf(email), network)])
      }
      throw error
    }
    await welcome(network, epoch)
    return result
  }

  async function forgive (email: string, address: string): Promise<void> {
    const network = keyOf(email, networkOf(address))
    try {
      await store.begin(keyOf(email), network, randomUUID())
    } catch (error) {
      return report(error, 'a proved mailbox could not be remembered, and forgives nothing')
    }
    await settle('failed logins could not be forgiven', () => [counting.clear([...counting.of(limits.login, network), ...ofAccount(email)])])
  }

  async function erase (email: string): Promise<void> {
    const networks = await store.networks(keyOf(email))
    await counting.clear([...networks.flatMap(network => counting.of(limits.login, network)), ...[limits.account, limits.change, limits.news].flatMap(group => counting.of(group, keyOf(email)))])
    // Last, so that what failed half way can be repeated.
    await store.forget(keyOf(email))
  }

  return {
    login: (email, asker, run) => attempt(email, asker, run, (network, epoch) =>
      // Strangers' failures stay: an owner who comes and goes must not give them a hundred guesses each time.
      settle('a login could not be remembered, and its network stays as strange as it was', () => [
        counting.clear(counting.of(limits.login, network)),
        store.welcome(keyOf(email), network, epoch, randomUUID())
      ])),

    reauthenticate: (email, asker, run) => attempt(email, asker, run, async () => {}),

    async guess (asker, run) {
      const { address } = asker
      const admitted = await admit(asker, free.tries)
      const own = counting.of(limits.guess, keyOf(networkOf(address)))
      return counting.guarded([own.slice(0, 1), [...own.slice(1), ...counting.of(limits.guessBlock, keyOf(blockOf(address)))]], WRONG_CODE, run, admitted)
    },

    async countMail (asker) {
      const { address } = asker
      const admitted = await admit(asker, free.mails)
      const own = counting.of(limits.mail, keyOf(networkOf(address)))
      await counting.take([own.slice(0, 1), [...own.slice(1), ...counting.of(limits.mailBlock, keyOf(blockOf(address)))]], admitted)
    },

    countChange: email => counting.take([counting.of(limits.change, keyOf(email))]),

    async countNews (email) {
      try {
        return await counting.takeIfFree(counting.of(limits.news, keyOf(email))) === 0
      } catch (error) {
        report(error, 'a mail about a new network could not be counted')
        return true
      }
    },

    async familiarNetwork (email, address) {
      const network = networkOf(address)
      const { familiar } = await store.recall(keyOf(email), keyOf(email, network))
      return familiar ? network : undefined
    },

    forgive: (email, address) => settling(() => forgive(email, address)),

    async rename (from, to, address) {
      await Promise.all([
        settling(() => forgive(to, address)),
        settle('what was known of an address that an account has left could not be erased', () => [erase(from)])
      ])
    },

    erase
  }
}
