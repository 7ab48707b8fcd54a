import type { Redis } from 'ioredis'
import type { SpentStore } from '../captcha.ts'
import { fail } from '../catalogue.ts'

/** Which solutions were used, in Redis, shared by all processes. */
export function createRedisSpentStore (redis: Redis): SpentStore {
  return {
    async spend (nonce, seconds) {
      try {
        return await redis.set(`dream:captcha:${nonce}`, '', 'EX', seconds, 'NX') === 'OK'
      } catch (error) {
        throw fail('CacheUnavailable', {}, error)
      }
    }
  }
}
