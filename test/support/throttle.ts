import { Redis } from 'ioredis'
import type { Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createOnce } from '../../src/once.ts'
import { memoryCounter, redisCounter } from '../../src/stores/counters.ts'
import { createMemoryNetworkStore } from '../../src/stores/networks.memory.ts'
import { createRedisNetworkStore } from '../../src/stores/networks.redis.ts'
import { createThrottle, type Arrival, type NetworkStore, type Throttle } from '../../src/throttle.ts'
import { deployment } from '../helper.ts'

const SECRET = 'a key for tests: 9f2b7c41e8d05a63b1f4'
export const HOME = '192.0.2.7'
export const ELSEWHERE = '198.51.100.9'
const silent = (): void => {}
export const wrong = async (): Promise<never> => { throw fail('LoginFailed') }
export const right = async (): Promise<string> => 'logged in'

/** A throttle of askers of whom nothing but the address is known. */
type ByAddress = ReturnType<typeof byAddress>
const byAddress = (throttle: Throttle) => ({
  ...throttle,
  login: <T>(email: string, address: string, run: (arrival: Arrival) => Promise<T>) => throttle.login(email, { address }, run),
  reauthenticate: <T>(email: string, address: string, run: () => Promise<T>) => throttle.reauthenticate(email, { address }, run),
  guess: <T>(address: string, run: () => Promise<T>) => throttle.guess({ address }, run),
  countMail: (address: string) => throttle.countMail({ address })
})

/** A throttle whose time passes when the test says so: its own clock in embedded mode, that of Redis in server mode. */
export interface Guarded { throttle: ByAddress, networks: NetworkStore, redis: Redis | undefined, pass: (seconds: number) => Promise<void> }

export async function throttleOf (t: Test, mode: string): Promise<Guarded> {
  let now = 0
  const once = createOnce(() => now)
  if (mode === 'embedded') {
    const networks = createMemoryNetworkStore(() => now)
    const throttle = byAddress(createThrottle(limit => memoryCounter(limit, () => now), networks, SECRET, silent, once))
    return { redis: undefined, networks, throttle, pass: async seconds => { now += seconds * 1000 } }
  }
  const { REDIS_PORT, REDIS_DB } = await deployment(t, 'server')
  const redis = new Redis({ port: Number(REDIS_PORT), db: Number(REDIS_DB) })
  t.teardown(() => { redis.disconnect() })
  const networks = createRedisNetworkStore(redis)
  return {
    redis,
    networks,
    throttle: byAddress(createThrottle(limit => redisCounter(redis, limit), networks, SECRET, silent, once)),
    async pass (seconds) {
      now += seconds * 1000
      for (const key of await redis.keys('*')) {
        const left = await redis.pttl(key) - seconds * 1000
        if (left > 0) await redis.pexpire(key, left)
        else await redis.del(key)
      }
    }
  }
}

/** How each of many calls ended: a failure's key, or `done`. */
async function outcomes (calls: Array<Promise<unknown>>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const ended = calls.map(call => call.then(() => 'done', (error: unknown) => error instanceof Error && 'key' in error ? String(error.key) : String(error)))
  for (const outcome of await Promise.all(ended)) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

export const times = (count: number, call: (i: number) => Promise<unknown>): Promise<Record<string, number>> => outcomes(Array.from({ length: count }, (_, i) => call(i)))

export const MINUTE = 60
export const QUARTER = 15 * MINUTE
export const DAY = 24 * 60 * MINUTE
export const WEEK = 7 * DAY
export const alice = 'alice@example.com'
/** Networks that are far from each other. */
export const stranger = (i: number): string => `10.${i >> 8}.${i & 255}.1`

/** Seconds that a refusal says to wait. */
export async function waitOf (call: Promise<unknown>): Promise<number> {
  const error = await call.then(() => undefined, (error: unknown) => Object(error))
  return error?.key === 'TooManyRequests' ? error.fields.RetryAfter : NaN
}
