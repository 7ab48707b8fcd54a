import type { Redis, Result } from 'ioredis'
import { fail } from '../catalogue.ts'
import { FAILED_SECONDS, FAMILIAR_SECONDS } from '../limits.ts'
import type { NetworkStore } from '../throttle.ts'

/** Networks whose failures are remembered of one account: more than ten times what is let through in a week. */
const MOST_FAILED = 1_000

declare module 'ioredis' {
  interface RedisCommander<Context> {
    dreamWelcomeNetwork (epoch: string, networks: string, mark: string, network: string, recalled: string, next: string, seconds: number, marks: string): Result<number, Context>
    dreamBeginEpoch (epoch: string, networks: string, mark: string, network: string, next: string, seconds: number, marks: string): Result<number, Context>
    dreamNoteFailure (failed: string, network: string, seconds: number, most: number): Result<number, Context>
    dreamForgetNetworks (epoch: string, networks: string, failed: string, marks: string): Result<number, Context>
  }
}

/** Expects KEYS: epoch, networks, mark; ARGV[1]: the network; the names of the epoch and of its seconds. */
const welcome = (epoch: string, seconds: string): string => `
redis.call('SET', KEYS[1], ${epoch}, 'EX', ${seconds})
redis.call('SET', KEYS[3], ${epoch}, 'EX', ${seconds})
redis.call('SADD', KEYS[2], ARGV[1])
return redis.call('EXPIRE', KEYS[2], ${seconds})`

// The set outlives its marks: of two networks drawn each time, those that have none any more go, so at most some half of it is dead.
const WELCOME = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[2] then return 0 end
local epoch = ARGV[2] ~= '' and ARGV[2] or ARGV[3]
for _, other in ipairs(redis.call('SRANDMEMBER', KEYS[2], 2)) do
  if redis.call('EXISTS', ARGV[5] .. other) == 0 then redis.call('SREM', KEYS[2], other) end
end
${welcome('epoch', 'ARGV[4]')}`

/** The keys of the marks are made here, as only the set of networks knows them; their braces are those of the other keys. */
const unmark = (marks: string): string => `
for _, network in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('DEL', ${marks} .. network) end
redis.call('DEL', KEYS[2])`

const BEGIN = `${unmark('ARGV[4]')}
${welcome('ARGV[2]', 'ARGV[3]')}`

const FAILED = `
redis.call('SADD', KEYS[1], ARGV[1])
if redis.call('SCARD', KEYS[1]) > tonumber(ARGV[3]) then redis.call('SPOP', KEYS[1]) end
return redis.call('EXPIRE', KEYS[1], ARGV[2])`

const FORGET = `${unmark('ARGV[1]')}
return redis.call('DEL', KEYS[1], KEYS[3])`

/** What is remembered of networks in Redis, shared by all processes: each step is one command or one script. */
export function createRedisNetworkStore (redis: Redis): NetworkStore {
  redis.defineCommand('dreamWelcomeNetwork', { numberOfKeys: 3, lua: WELCOME })
  redis.defineCommand('dreamBeginEpoch', { numberOfKeys: 3, lua: BEGIN })
  redis.defineCommand('dreamNoteFailure', { numberOfKeys: 1, lua: FAILED })
  redis.defineCommand('dreamForgetNetworks', { numberOfKeys: 3, lua: FORGET })

  // The braces put all keys of an account into one slot of a cluster.
  const epochKey = (account: string): string => `dream:epoch:{${account}}`
  const networksKey = (account: string): string => `dream:networks:{${account}}`
  const failedKey = (account: string): string => `dream:failed:{${account}}`
  const marks = (account: string): string => `dream:familiar:{${account}}:`

  return {
    async recall (account, network) {
      const [epoch, seen] = await answered(redis.mget(epochKey(account), `${marks(account)}${network}`))
      return { epoch: epoch ?? undefined, familiar: typeof epoch === 'string' && seen === epoch }
    },
    async welcome (account, network, epoch, next) {
      await answered(redis.dreamWelcomeNetwork(epochKey(account), networksKey(account), `${marks(account)}${network}`, network, epoch ?? '', next, FAMILIAR_SECONDS, marks(account)))
    },
    async begin (account, network, epoch) {
      await answered(redis.dreamBeginEpoch(epochKey(account), networksKey(account), `${marks(account)}${network}`, network, epoch, FAMILIAR_SECONDS, marks(account)))
    },
    async noteFailure (account, network) {
      await answered(redis.dreamNoteFailure(failedKey(account), network, FAILED_SECONDS, MOST_FAILED))
    },
    networks: async account => answered(redis.sunion(networksKey(account), failedKey(account))),
    async forget (account) {
      await answered(redis.dreamForgetNetworks(epochKey(account), networksKey(account), failedKey(account), marks(account)))
    }
  }
}

async function answered<T> (command: Promise<T>): Promise<T> {
  try {
    return await command
  } catch (error) {
    throw fail('CacheUnavailable', {}, error)
  }
}
