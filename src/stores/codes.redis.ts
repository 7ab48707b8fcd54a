import type { Redis, Result } from 'ioredis'
import { fail } from '../catalogue.ts'
import type { Budget, CodeStore, Wait } from '../codes.ts'

declare module 'ioredis' {
  interface RedisCommander<Context> {
    dreamIssueCode (code: string, wait: string, budget: string, askers: string, hash: string, ttlMs: number, cooldownMs: number, tries: number, points: number, seconds: number, asker: string): Result<[Wait['why'], number], Context>
    dreamWaitForCode (wait: string, budget: string, points: number): Result<[Wait['why'], number], Context>
    dreamTakeCode (code: string, hash: string): Result<string, Context>
    dreamReleaseCode (code: string, hash: string): Result<number, Context>
    dreamRemoveCode (code: string, wait: string, budget: string, hash: string): Result<number, Context>
    dreamEraseCodes (code: string, wait: string, askers: string, budgets: string): Result<number, Context>
  }
}

/** Expects KEYS: wait, budget; ARGV: what the budget allows. */
const waitOf = (wait: string, budget: string, points: string): string => `
local cooldown = redis.call('PTTL', ${wait})
if tonumber(redis.call('GET', ${budget}) or '0') >= tonumber(${points}) then return { 'budget', math.max(cooldown, redis.call('PTTL', ${budget})) } end
if cooldown > 0 then return { 'cooldown', cooldown } end`

const WAIT = `${waitOf('KEYS[1]', 'KEYS[2]', 'ARGV[1]')}
return { 'none', 0 }`

const ISSUE = `${waitOf('KEYS[2]', 'KEYS[3]', 'ARGV[5]')}
redis.call('SET', KEYS[3], 0, 'EX', ARGV[6], 'NX')
redis.call('INCR', KEYS[3])
redis.call('SADD', KEYS[4], ARGV[7])
redis.call('EXPIRE', KEYS[4], ARGV[6])
redis.call('SET', KEYS[2], '1', 'PX', ARGV[3])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'hash', ARGV[1], 'tries', ARGV[4])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return { 'none', 0 }`

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

// The third key is the budget that is given back its charge, or the code again for none.
const REMOVE = `
if redis.call('HGET', KEYS[1], 'hash') ~= ARGV[1] then return 0 end
if KEYS[3] ~= KEYS[1] and tonumber(redis.call('GET', KEYS[3]) or '0') > 0 then if redis.call('DECR', KEYS[3]) <= 0 then redis.call('DEL', KEYS[3]) end end
return redis.call('DEL', KEYS[1], KEYS[2])`

// The keys of the budgets are made here, as only the set of askers knows them; their braces are those of the other keys.
const ERASE = `
for _, asker in ipairs(redis.call('SMEMBERS', KEYS[3])) do redis.call('DEL', ARGV[1] .. asker) end
return redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])`

/** How long a code waits for its copy, while the connection carries nothing else. */
const COPY_MS = 20

/**
 * Codes in Redis, shared by all processes: each step is one script, which Redis runs alone. Every method may fail with Code 512.
 *
 * @param replicated a replica may take over from the server: a try counts, and a code is taken, once one of them knows
 */
export function createRedisCodeStore (redis: Redis, replicated = false): CodeStore {
  redis.defineCommand('dreamIssueCode', { numberOfKeys: 4, lua: ISSUE })
  redis.defineCommand('dreamWaitForCode', { numberOfKeys: 2, lua: WAIT })
  redis.defineCommand('dreamTakeCode', { numberOfKeys: 1, lua: TAKE })
  redis.defineCommand('dreamReleaseCode', { numberOfKeys: 1, lua: RELEASE })
  redis.defineCommand('dreamRemoveCode', { numberOfKeys: 3, lua: REMOVE })
  redis.defineCommand('dreamEraseCodes', { numberOfKeys: 3, lua: ERASE })

  // The braces put all keys of a subject into one slot of a cluster.
  const codeKey = (subject: string): string => `dream:code:{${subject}}`
  const waitKey = (subject: string): string => `dream:wait:{${subject}}`
  const budgetKeys = (subject: string): string => `dream:budget:{${subject}}:`
  const budgetKey = (subject: string, { name }: Budget): string => `${budgetKeys(subject)}${name}`
  // Those who were charged within a day: it outlasts each of their budgets.
  const askersKey = (subject: string): string => `dream:askers:{${subject}}`

  /** WAIT is for what its own connection has written. Where no replica answers in time, the code is taken on the master alone. */
  async function takeAndCopy (key: string, hash: string): Promise<unknown> {
    if (redis.status !== 'ready') throw new Error('Redis is not connected')
    const [[error, outcome] = []] = await redis.pipeline().eval(TAKE, 1, key, hash).wait(1, COPY_MS).exec() ?? []
    if (error == null) return outcome
    // Not carried out there: a pipeline is not sent again where its code has moved.
    if (/^(MOVED|ASK|TRYAGAIN)/.test(error.message)) return redis.dreamTakeCode(key, hash)
    throw error
  }

  return {
    issue: async (subject, hash, { ttlMs, cooldownMs, tries }, budget) =>
      asWait(await answered(redis.dreamIssueCode(codeKey(subject), waitKey(subject), budgetKey(subject, budget), askersKey(subject), hash, ttlMs, cooldownMs, tries, budget.points, budget.seconds, budget.name))),
    waiting: async (subject, budget) => asWait(await answered(redis.dreamWaitForCode(waitKey(subject), budgetKey(subject, budget), budget.points))),
    take: async (subject, hash) => {
      const outcome = await answered(replicated ? takeAndCopy(codeKey(subject), hash) : redis.dreamTakeCode(codeKey(subject), hash))
      return outcome === 'taken' || outcome === 'wrong' ? outcome : 'gone'
    },
    release: async (subject, hash) => { await answered(redis.dreamReleaseCode(codeKey(subject), hash)) },
    remove: async (subject, hash, budget) => {
      const given = budget === undefined ? codeKey(subject) : budgetKey(subject, budget)
      await answered(redis.dreamRemoveCode(codeKey(subject), waitKey(subject), given, hash))
    },
    revoke: async subject => { await answered(redis.del(codeKey(subject))) },
    erase: async subject => { await answered(redis.dreamEraseCodes(codeKey(subject), waitKey(subject), askersKey(subject), budgetKeys(subject))) }
  }
}

const asWait = ([why, ms]: [Wait['why'], number]): Wait => ({ why, ms })

async function answered<T> (command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (error) {
    throw fail('CacheUnavailable', {}, error)
  }
}
