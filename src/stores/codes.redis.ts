import type { Redis, Result } from 'ioredis'
import { fail } from '../catalogue.ts'
import type { CodeStore } from '../codes.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    dreamIssueCode (code: string, wait: string, hash: string, ttlMs: number, cooldownMs: number, tries: number): Result<number, Context>
    dreamTakeCode (code: string, hash: string): Result<string, Context>
    dreamReleaseCode (code: string, hash: string): Result<number, Context>
    dreamRemoveCode (code: string, wait: string, hash: string): Result<number, Context>
  }
}

const ISSUE = `
local wait = redis.call('PTTL', KEYS[2])
if wait > 0 then return wait end
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'hash', ARGV[1], 'tries', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 0`

// Counted before comparing, so that no order of events gives a wrong guess its try back.
const TAKE = `
local code = redis.call('HMGET', KEYS[1], 'hash', 'tries', 'taken')
if not code[1] or code[3] or not code[2] or tonumber(code[2]) <= 0 then return 'gone' end
redis.call('HINCRBY', KEYS[1], 'tries', -1)
if code[1] ~= ARGV[1] then return 'wrong' end
redis.call('HINCRBY', KEYS[1], 'tries', 1)
redis.call('HSET', KEYS[1], 'taken', '1')
return 'taken'`

const RELEASE = `
if redis.call('HGET', KEYS[1], 'hash') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'taken')`

const REMOVE = `
if redis.call('HGET', KEYS[1], 'hash') ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1], KEYS[2])`

/** Codes in Redis, shared by all processes: each step is one script, which Redis runs alone. Every method may fail with Code 512. */
export function createRedisCodeStore (redis: Redis): CodeStore {
  redis.defineCommand('dreamIssueCode', { numberOfKeys: 2, lua: ISSUE })
  redis.defineCommand('dreamTakeCode', { numberOfKeys: 1, lua: TAKE })
  redis.defineCommand('dreamReleaseCode', { numberOfKeys: 1, lua: RELEASE })
  redis.defineCommand('dreamRemoveCode', { numberOfKeys: 2, lua: REMOVE })

  // The braces put both keys of a subject into one slot of a cluster.
  const codeKey = (subject: string): string => `dream:code:{${subject}}`
  const waitKey = (subject: string): string => `dream:wait:{${subject}}`

  return {
    issue: (subject, hash, { ttlMs, cooldownMs, tries }) => answered(redis.dreamIssueCode(codeKey(subject), waitKey(subject), hash, ttlMs, cooldownMs, tries)),
    waiting: async subject => Math.max(0, await answered(redis.pttl(waitKey(subject)))),
    take: async (subject, hash) => {
      const outcome = await answered(redis.dreamTakeCode(codeKey(subject), hash))
      return outcome === 'taken' || outcome === 'wrong' ? outcome : 'gone'
    },
    release: async (subject, hash) => { await answered(redis.dreamReleaseCode(codeKey(subject), hash)) },
    remove: async (subject, hash) => { await answered(redis.dreamRemoveCode(codeKey(subject), waitKey(subject), hash)) }
  }
}

async function answered<T> (command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (error) {
    throw fail('CacheUnavailable', {}, error)
  }
}
