import { RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import { settling } from './budget.ts'
import { fail, Failure, type Key } from './catalogue.ts'
import { free, limits, type Limit } from './limits.ts'
import type { Once } from './once.ts'
import type { Report } from './report.ts'

/** A counter under one key. */
export interface Count { limit: Limit, limiter: RateLimiterAbstract, key: string }
interface Refusal { count: Count, ms: number }

/** Counts what is tried before it is tried, so that tries in parallel count too. */
export interface Counting {
  /** The counters of a group under one key. */
  of: (group: readonly Limit[], key: string) => Count[]
  /**
   * Counts one stage after the other, and where one refuses, none. Short and narrow limits come first, so that whoever is refused
   * there is not even for a moment counted in those that last longer or that others share.
   *
   * @param before what the try is counted in already; given back with the others
   * @throws Code 429 with how long to wait: what the longest of all that refuse says; Code 512
   */
  take: (stages: Count[][], before?: Count[]) => Promise<void>
  /** Runs what is counted before it is tried. It stays counted where it fails with one of the keys. @throws Codes 429, 512, and as `run` */
  guarded: <T>(stages: Count[][], wrong: Key[], run: () => Promise<T>, before?: Count[]) => Promise<T>
  /** Counts in all or in none. Returns the milliseconds until there is room: none where it was counted. @throws Code 512 */
  takeIfFree: (counts: Count[]) => Promise<number>
  /** Sets counters back to nothing. @throws Code 512 */
  clear: (counts: Count[]) => Promise<void>
}

/**
 * @param limiter makes a counter, in Redis or in the process
 * @param once whether the audit trail is still to be told
 */
export function createCounting (limiter: (limit: Limit) => RateLimiterAbstract, report: Report, once: Once): Counting {
  const limiters = Object.values({ ...limits, ...free }).flat().map((limit: Limit) => ({ limit, limiter: limiter(limit) }))

  const giveBack = async (taken: Count[]): Promise<void> => {
    // What was decided stands, whether or not the counter could be put right.
    await settling(async () => {
      await Promise.all(taken.map(({ limiter, key }) => limiter.reward(key)))
        .catch(error => { report(error, 'a throttle counter could not be put back and stays too high until it expires') })
    })
  }

  /** What the counter said, or Code 512 where it did not answer. */
  async function answered<T> (asked: Promise<T>): Promise<T> {
    try {
      return await asked
    } catch (error) {
      throw error instanceof RateLimiterRes ? error : fail('CacheUnavailable', {}, error)
    }
  }

  /** Counts all or, where one of them refuses, none: what was refused was not tried. Returns what refused. */
  async function takeStage (wanted: Count[]): Promise<Refusal[]> {
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

  async function take (stages: Count[][], before: Count[] = []): Promise<void> {
    for (const [i, stage] of stages.entries()) {
      const refused = await takeStage(stage).catch(async (error: unknown) => {
        await giveBack([...before, ...stages.slice(0, i).flat()])
        throw error
      })
      if (refused.length === 0) continue
      await giveBack([...before, ...stages.slice(0, i).flat()])
      const [longest] = [...refused, ...await full(stages.slice(i + 1).flat())].sort((a, b) => b.ms - a.ms)
      if (longest === undefined) return
      const { count: { limit, key }, ms } = longest
      throw fail('TooManyRequests', { RetryAfter: Math.max(1, Math.ceil(ms / 1000)), limit: limit.name, ...(once(`${limit.name}:${key}`, ms) && { audit: limit.name }) })
    }
  }

  return {
    of: (group, key) => limiters.filter(({ limit }) => group.includes(limit)).map(each => ({ ...each, key })),
    take,

    async guarded (stages, wrong, run, before = []) {
      await take(stages, before)
      const counted = [...before, ...stages.flat()]
      try {
        const result = await run()
        await giveBack(counted)
        return result
      } catch (error) {
        if (!(error instanceof Failure && wrong.includes(error.key))) await giveBack(counted)
        throw error
      }
    },

    async takeIfFree (counts) {
      const refused = await takeStage(counts)
      return refused.length === 0 ? 0 : Math.max(1, ...refused.map(({ ms }) => ms))
    },

    clear: async counts => { await Promise.all(counts.map(({ limiter, key }) => answered(limiter.delete(key)))) }
  }
}
