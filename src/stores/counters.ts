import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Limit } from '../limits.ts'

// Both count what they admit and nothing else, and never go below zero: given back after the end of its window, a count
// would otherwise be credit in the next. What is back at zero is nothing: a login that succeeds leaves no key behind.

const STREAK = 'dream:streak:'

// All limiters share one command of the client, so the name of the key has to say which kind of limit it is.
const COUNT = `
local change, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if change > 0 and held + change > most then return { held + change, redis.call('PTTL', KEYS[1]) } end
if change < 0 and held + change <= 0 then
  redis.call('DEL', KEYS[1])
  return { 0, 0 }
end
redis.call('SET', KEYS[1], 0, 'EX', ARGV[2], 'NX')
held = redis.call('INCRBY', KEYS[1], change)
if change > 0 and string.sub(KEYS[1], 1, ${STREAK.length}) == '${STREAK}' then redis.call('EXPIRE', KEYS[1], ARGV[2]) end
return { held, redis.call('PTTL', KEYS[1]) }`

/** A counter that all processes share; each step is one script. */
export function redisCounter (redis: Redis, { name, points, seconds, streak }: Limit): RateLimiterAbstract {
  const keyPrefix = `${streak ? STREAK : 'dream:throttle:'}${name}`
  return new RateLimiterRedis({ storeClient: redis, keyPrefix, points, duration: seconds, customIncrTtlLuaScript: COUNT })
}

/**
 * A counter in the process, for embedded mode.
 *
 * @param now a clock in milliseconds that never goes back
 */
export function memoryCounter (limit: Limit, now: () => number): RateLimiterAbstract {
  return new ProcessCounter(limit, now)
}

/** More keys than this at once, and the one that was counted longest ago is forgotten: memory is bounded. */
const MOST_KEYS = 100_000

/** As `COUNT`, over a map in the order of its last counts, and without a timer for each key. */
class ProcessCounter extends RateLimiterMemory {
  readonly #held = new Map<string | number, { count: number, expires: number }>()
  readonly #limit: Limit
  readonly #now: () => number

  constructor (limit: Limit, now: () => number) {
    super({ keyPrefix: limit.name, points: limit.points, duration: limit.seconds })
    this.#limit = limit
    this.#now = now
  }

  #live (key: string | number): { count: number, expires: number } | undefined {
    const held = this.#held.get(key)
    return held !== undefined && held.expires > this.#now() ? held : undefined
  }

  #keep (key: string | number, count: number, expires: number): RateLimiterRes {
    this.#held.delete(key)
    this.#held.set(key, { count, expires })
    for (const [oldest, { expires }] of this.#held) {
      if (expires > this.#now() && this.#held.size <= MOST_KEYS) break
      this.#held.delete(oldest)
    }
    return new RateLimiterRes(Math.max(0, this.points - count), expires - this.#now(), count)
  }

  override async consume (key: string | number): Promise<RateLimiterRes> {
    const held = this.#live(key)
    const count = (held?.count ?? 0) + 1
    // As the library does: a refusal is a rejection that is no error.
    if (held !== undefined && count > this.points) throw new RateLimiterRes(0, held.expires - this.#now(), count)
    return this.#keep(key, count, held === undefined || this.#limit.streak ? this.#now() + this.msDuration : held.expires)
  }

  override async reward (key: string | number): Promise<RateLimiterRes> {
    const held = this.#live(key)
    if (held !== undefined && held.count > 1) return this.#keep(key, held.count - 1, held.expires)
    this.#held.delete(key)
    return new RateLimiterRes()
  }

  override async set (key: string | number, count: number, seconds: number): Promise<RateLimiterRes> {
    return this.#keep(key, count, this.#now() + seconds * 1000)
  }

  override async get (key: string | number): Promise<RateLimiterRes | null> {
    const held = this.#live(key)
    return held === undefined ? null : new RateLimiterRes(Math.max(0, this.points - held.count), held.expires - this.#now(), held.count)
  }

  override async delete (key: string | number): Promise<boolean> {
    return this.#held.delete(key)
  }
}
