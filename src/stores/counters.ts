import type { Redis } from 'ioredis'
import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes, type RateLimiterAbstract } from 'rate-limiter-flexible'
import type { Limit } from '../throttle.ts'

// Both count what they admit and nothing else, and never go below zero: given back after the end of its window, a count
// would otherwise be credit in the next.

const COUNT = `
local change, most = tonumber(ARGV[1]), tonumber(ARGV[3])
local held = tonumber(redis.call('GET', KEYS[1]) or '0')
if change > 0 and held + change > most then return { held + change, redis.call('PTTL', KEYS[1]) } end
if change < 0 and held + change < 0 then return { 0, 0 } end
redis.call('SET', KEYS[1], 0, 'EX', ARGV[2], 'NX')
return { redis.call('INCRBY', KEYS[1], change), redis.call('PTTL', KEYS[1]) }`

/** A counter that all processes share; each step is one script. */
export function redisCounter (redis: Redis, { name, points, seconds }: Limit): RateLimiterAbstract {
  return new RateLimiterRedis({ storeClient: redis, keyPrefix: `dream:throttle:${name}`, points, duration: seconds, customIncrTtlLuaScript: COUNT })
}

/** A counter in the process, for embedded mode. */
export function memoryCounter ({ name, points, seconds }: Limit): RateLimiterAbstract {
  return new Counter({ keyPrefix: name, points, duration: seconds })
}

class Counter extends RateLimiterMemory {
  override async consume (key: string): Promise<RateLimiterRes> {
    try {
      return await super.consume(key)
    } catch (refused) {
      if (refused instanceof RateLimiterRes) await this.reward(key)
      throw refused
    }
  }

  override async reward (key: string): Promise<RateLimiterRes> {
    const held = await this.get(key)
    return held === null || held.consumedPoints <= 0 ? new RateLimiterRes() : super.reward(key)
  }
}
