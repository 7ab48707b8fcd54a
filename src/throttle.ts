import { createHmac } from 'node:crypto'
import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { fail, Failure, type Key } from './catalogue.ts'
import { EPOCH_SECONDS, FAMILIAR_SECONDS, limits, type Limit } from './limits.ts'
import { blockOf, networkOf } from './networks.ts'
import type { Once } from './once.ts'
import type { Report } from './report.ts'

export type Arrival = 'familiar' | 'strange' | 'first'

/** Counters that guard what a stranger may repeat. Counts are atomic. Every method may fail with Codes 429 and 512. */
export interface Throttle {
  /** Runs a login. It is counted before its password is checked, so that guesses in parallel count too; only a wrong password stays counted. */
  login: <T>(email: string, address: string, run: (arrival: Arrival) => Promise<T>) => Promise<T>
  reauthenticate: <T>(email: string, address: string, run: () => Promise<T>) => Promise<T>
  rename: (from: string, to: string, address: string) => Promise<void>
  erase: (email: string) => Promise<void>
  /** Runs what a code guards, likewise: a code that was wrong or none stays counted, and so does what tells who has an account. */
  guess: <T>(address: string, run: () => Promise<T>) => Promise<T>
  /** Counts a mail that somebody asks for. */
  countMail: (address: string) => Promise<void>
  /** The network of an address, where the account has logged in from it before. */
  familiarNetwork: (email: string, address: string) => Promise<string | undefined>
  /** The owner has just proved the mailbox, from here: forgets failed logins, and which networks were familiar besides. */
  forgive: (email: string, address: string) => Promise<void>
}

/** A counter under one key. */
interface Count { limit: Limit, limiter: RateLimiterAbstract, key: string }
interface Refusal { count: Count, ms: number }

const UNLIMITED = Number.MAX_SAFE_INTEGER
const WRONG_PASSWORD: Key[] = ['LoginFailed']
const WRONG_CODE: Key[] = ['CodeWrong', 'CodeExpired', 'UserExists', 'UserNotFound']

/**
 * @param limiter makes a counter, in Redis or in the process
 * @param secret key of the hashes that stand for accounts and networks in the counters
 * @param once whether the audit trail is still to be told
 */
export function createThrottle (limiter: (limit: Limit) => RateLimiterAbstract, secret: string, report: Report, once: Once): Throttle {
  const limiters = Object.values(limits).flat().map((limit: Limit) => ({ limit, limiter: limiter(limit) }))
  const familiar = limiter({ name: 'familiar', points: UNLIMITED, seconds: FAMILIAR_SECONDS })
  // A reset begins a new epoch of an account, in which the networks of the one before are strangers: one may have been a thief's.
  const epochs = limiter({ name: 'epoch', points: UNLIMITED, seconds: EPOCH_SECONDS })
  const keyOf = (...parts: string[]): string => createHmac('sha256', secret).update(JSON.stringify(['throttle', ...parts])).digest('base64url')

  const counts = (group: readonly Limit[], ...parts: string[]): Count[] => {
    const key = keyOf(...parts)
    return limiters.filter(({ limit }) => group.includes(limit)).map(each => ({ ...each, key }))
  }
  const ofLogin = (email: string, network: string): Count[] => counts(limits.login, email, network)
  const ofAccount = (email: string): Count[] => counts(limits.account, email)

  // What was decided stands, whether or not the counter could be put right.
  const settle = async (changes: Array<Promise<unknown>>): Promise<void> => {
    await Promise.all(changes).catch(error => { report(error, 'a throttle counter could not be put back and stays too high until it expires') })
  }
  const giveBack = (taken: Count[]): Promise<void> => settle(taken.map(({ limiter, key }) => limiter.reward(key)))

  /** What the counter said, or Code 512 where it did not answer. */
  async function answered<T> (asked: Promise<T>): Promise<T> {
    try {
      return await asked
    } catch (error) {
      throw error instanceof RateLimiterRes ? error : fail('CacheUnavailable', {}, error)
    }
  }

  /** Counts all or, where one of them refuses, none: what was refused was not tried. Returns what refused. */
  async function take (wanted: Count[]): Promise<Refusal[]> {
    const outcomes = await Promise.allSettled(wanted.map(({ limiter, key }) => answered(limiter.consume(key))))
    if (outcomes.every(({ status }) => status === 'fulfilled')) return []
    await giveBack(wanted.filter((_, i) => outcomes[i]?.status === 'fulfilled'))
    return wanted.flatMap((count, i) => {
      const outcome = outcomes[i]
      if (outcome?.status !== 'rejected') return []
      if (!(outcome.reason instanceof RateLimiterRes)) throw outcome.reason
      return [{ count, ms: outcome.reason.msBeforeNext }]
    })
  }

  /** Those that would refuse. */
  async function full (counts: Count[]): Promise<Refusal[]> {
    const held = await Promise.all(counts.map(({ limiter, key }) => answered(limiter.get(key))))
    return counts.flatMap((count, i) => {
      const { consumedPoints = 0, msBeforeNext = 0 } = held[i] ?? {}
      return consumedPoints >= count.limit.points ? [{ count, ms: msBeforeNext }] : []
    })
  }

  /**
   * Counts one stage after the other. Short and narrow limits come first, so that whoever is refused there is not even for a
   * moment counted in those that last longer or that others share. How long to wait is what the longest of all says.
   */
  async function takeInStages (stages: Count[][]): Promise<void> {
    for (const [i, stage] of stages.entries()) {
      const refused = await take(stage).catch(async (error: unknown) => {
        await giveBack(stages.slice(0, i).flat())
        throw error
      })
      if (refused.length === 0) continue
      await giveBack(stages.slice(0, i).flat())
      const [longest] = [...refused, ...await full(stages.slice(i + 1).flat())].sort((a, b) => b.ms - a.ms)
      if (longest === undefined) return
      const { count: { limit, key }, ms } = longest
      throw fail('TooManyRequests', { RetryAfter: Math.max(1, Math.ceil(ms / 1000)), ...(once(`${limit.name}:${key}`, ms) && { audit: limit.name }) })
    }
  }

  /** Runs what is counted before it is tried. */
  async function guarded<T> (stages: Count[][], wrong: Key[], run: () => Promise<T>): Promise<T> {
    await takeInStages(stages)
    try {
      const result = await run()
      await giveBack(stages.flat())
      return result
    } catch (error) {
      if (!(error instanceof Failure && wrong.includes(error.key))) await giveBack(stages.flat())
      throw error
    }
  }

  /** How many resets there have been, and in which such count the network has last logged in. Both begin with 1. */
  async function historyOf (email: string, network: string): Promise<{ epoch: number, seen: number | undefined }> {
    const [epoch, seen] = await Promise.all([answered(epochs.get(keyOf(email))), answered(familiar.get(keyOf(email, network)))])
    return { epoch: 1 + (epoch?.consumedPoints ?? 0), seen: seen?.consumedPoints }
  }

  async function familiarNetwork (email: string, address: string): Promise<string | undefined> {
    const network = networkOf(address)
    const { epoch, seen } = await historyOf(email, network)
    return seen === epoch ? network : undefined
  }

  /** Makes the network familiar to the account, and forgets what was counted there. */
  const welcome = (email: string, network: string, epoch: number, held: Count[]): Promise<void> => settle([
    ...held.map(({ limiter, key }) => limiter.delete(key)),
    familiar.set(keyOf(email, network), epoch, FAMILIAR_SECONDS)
  ])

  return {
    async login (email, address, run) {
      const network = networkOf(address)
      const { epoch, seen } = await historyOf(email, network)
      // Strangers may close an account to strangers, and never to a network that its owner has used.
      const strange = seen !== epoch
      const own = ofLogin(email, network)
      const account = strange ? ofAccount(email) : []
      const shared = counts(limits.network, network)
      const block = strange ? counts(limits.block, blockOf(address)) : []
      const stages = [own.slice(0, 1), [...own.slice(1), ...shared.slice(0, 1)], account.slice(0, 1), [...account.slice(1), ...shared.slice(1), ...block]]
      const result = await guarded(stages, WRONG_PASSWORD, () => run(strange ? 'strange' : 'familiar'))
      // Strangers' failures stay: an owner who comes and goes must not give them a hundred guesses each time.
      await welcome(email, network, epoch, own)
      return result
    },

    reauthenticate: (email, address, run) => guarded([ofLogin(email, networkOf(address))], WRONG_PASSWORD, run),
    rename: async () => {},
    erase: async () => {},

    async guess (address, run) {
      const own = counts(limits.guess, networkOf(address))
      return guarded([own.slice(0, 1), [...own.slice(1), ...counts(limits.guessBlock, blockOf(address))]], WRONG_CODE, run)
    },

    async countMail (address) {
      const own = counts(limits.mail, networkOf(address))
      await takeInStages([own.slice(0, 1), [...own.slice(1), ...counts(limits.mailBlock, blockOf(address))]])
    },

    familiarNetwork,

    async forgive (email, address) {
      const network = networkOf(address)
      let epoch
      try {
        epoch = 1 + (await answered(epochs.consume(keyOf(email)))).consumedPoints
      } catch (error) {
        return report(error, 'a reset could not be counted, and forgives nothing')
      }
      await welcome(email, network, epoch, [...ofLogin(email, network), ...ofAccount(email)])
    }
  }
}
