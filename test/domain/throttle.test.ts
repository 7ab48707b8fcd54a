import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import { memoryCounter, redisCounter } from '../../src/stores/counters.ts'
import { createThrottle, limits, networkOf, type Throttle } from '../../src/throttle.ts'
import { deployment, modes } from '../helper.ts'

const SECRET = 'a key for tests: 9f2b7c41e8d05a63b1f4'
const HOME = '192.0.2.7'
const ELSEWHERE = '198.51.100.9'
const silent = (): void => {}
const wrong = async (): Promise<never> => { throw fail('LoginFailed') }
const right = async (): Promise<string> => 'logged in'

/** @param seconds of every window, in place of its own */
async function throttleOf (t: Test, mode: string, seconds?: number): Promise<{ throttle: Throttle, redis: Redis | undefined }> {
  if (mode === 'embedded') return { redis: undefined, throttle: createThrottle(limit => memoryCounter({ ...limit, ...(seconds !== undefined && { seconds }) }), SECRET, silent) }
  const { REDIS_PORT, REDIS_DB } = await deployment(t, 'server')
  const redis = new Redis({ port: Number(REDIS_PORT), db: Number(REDIS_DB) })
  t.teardown(() => { redis.disconnect() })
  return { redis, throttle: createThrottle(limit => redisCounter(redis, { ...limit, ...(seconds !== undefined && { seconds }) }), SECRET, silent) }
}

/** How each of many calls ended: a failure's key, or `done`. */
async function outcomes (calls: Array<Promise<unknown>>): Promise<Record<string, number>> {
  const counts: Record<string, number> = {}
  const ended = calls.map(call => call.then(() => 'done', (error: unknown) => error instanceof Error && 'key' in error ? String(error.key) : String(error)))
  for (const outcome of await Promise.all(ended)) counts[outcome] = (counts[outcome] ?? 0) + 1
  return counts
}

const times = (count: number, call: (i: number) => Promise<unknown>): Promise<Record<string, number>> => outcomes(Array.from({ length: count }, (_, i) => call(i)))

for (const mode of modes) {
  t.test(`${mode}: throttle`, async t => {
    const promise = (title: string, check: (t: Test, throttle: Throttle) => Promise<void>) => t.test(title, async t => check(t, (await throttleOf(t, mode)).throttle))

    await promise('L2: of 50 wrong passwords at once ten are looked at', async (t, throttle) => {
      let looked = 0
      const counts = await times(50, () => throttle.login('alice@example.com', HOME, async () => { looked++; return wrong() }))
      t.equal(looked, limits.login.points)
      t.same(counts, { LoginFailed: 10, TooManyRequests: 40 })
    })

    await promise('L1: after ten failures the account is closed to that network, also to the right password, and says for how long', async (t, throttle) => {
      await times(10, () => throttle.login('alice@example.com', HOME, wrong))
      await t.rejects(throttle.login('alice@example.com', HOME, right), fail('TooManyRequests'))
      const error = await throttle.login('alice@example.com', HOME, right).catch((error: unknown) => Object(error))
      t.ok(Number.isInteger(error.fields.RetryAfter) && error.fields.RetryAfter > 0 && error.fields.RetryAfter <= limits.login.seconds)
    })

    await promise('L4: a failure storm from one network closes the account to no other', async (t, throttle) => {
      await times(60, () => throttle.login('alice@example.com', HOME, wrong))
      t.equal(await throttle.login('alice@example.com', ELSEWHERE, right), 'logged in')
      t.equal(await throttle.login('bob@example.com', HOME, right), 'logged in', 'nor another account to that network')
    })

    await promise('L4: a success forgives the failures before it, and so does a reset', async (t, throttle) => {
      await times(9, () => throttle.login('alice@example.com', HOME, wrong))
      t.equal(await throttle.login('alice@example.com', HOME, right), 'logged in')
      t.same(await times(10, () => throttle.login('alice@example.com', HOME, wrong)), { LoginFailed: 10 })
      await throttle.forgive('alice@example.com', HOME)
      t.equal(await throttle.login('alice@example.com', HOME, right), 'logged in')
    })

    await promise('L1: spraying many accounts from one network is stopped; others may go on', async (t, throttle) => {
      t.same(await times(130, i => throttle.login(`${i}@example.com`, HOME, wrong)), { LoginFailed: 100, TooManyRequests: 30 })
      await t.rejects(throttle.login('alice@example.com', HOME, right), fail('TooManyRequests'))
      t.equal(await throttle.login('alice@example.com', ELSEWHERE, right), 'logged in')
    })

    await promise('logins that succeed, or fail for want of a dependency, are not counted', async (t, throttle) => {
      for (let i = 0; i < 120; i++) t.equal(await throttle.login(`${i % 3}@example.com`, HOME, right), 'logged in')
      for (let i = 0; i < 120; i++) await t.rejects(throttle.login('alice@example.com', HOME, async () => { throw fail('DatabaseUnavailable') }), fail('DatabaseUnavailable'))
      t.equal(await throttle.login('alice@example.com', HOME, right), 'logged in')
    })

    await promise('L4: whoever is refused for one account is not counted against the network', async (t, throttle) => {
      await times(10, () => throttle.login('alice@example.com', HOME, wrong))
      t.same(await times(150, () => throttle.login('alice@example.com', HOME, wrong)), { TooManyRequests: 150 })
      t.equal(await throttle.login('bob@example.com', HOME, right), 'logged in')
    })

    await promise('L7: wrong and missing codes are counted by network; right ones and other failures are not', async (t, throttle) => {
      const guess = (key: 'CodeWrong' | 'CodeExpired' | 'UserExists') => throttle.guess(HOME, async () => { throw fail(key) })
      for (let i = 0; i < 150; i++) await t.rejects(throttle.guess(HOME, async () => { throw fail('DatabaseUnavailable') }), fail('DatabaseUnavailable'))
      t.same(await times(60, i => guess(i % 2 === 0 ? 'CodeWrong' : 'UserExists')), { CodeWrong: 30, UserExists: 30 })
      t.same(await times(60, () => guess('CodeExpired')), { CodeExpired: 40, TooManyRequests: 20 })
      await t.rejects(throttle.guess(HOME, right), fail('TooManyRequests'))
      t.equal(await throttle.guess(ELSEWHERE, right), 'logged in')
    })

    await promise('L4: of 150 right logins or codes at once some may be refused, and then nothing stays counted', async (t, throttle) => {
      t.same(await times(150, i => throttle.login(`${i}@example.com`, HOME, right)), { done: 100, TooManyRequests: 50 })
      t.same(await times(100, i => throttle.login(`${i}@example.com`, HOME, right)), { done: 100 })
      t.same(await times(150, () => throttle.guess(HOME, right)), { done: 100, TooManyRequests: 50 })
      t.same(await times(100, () => throttle.guess(HOME, right)), { done: 100 })
    })

    await t.test('L2: what is given back after the end of its window is no credit in the next', async t => {
      const { throttle } = await throttleOf(t, mode, 1)
      await times(20, () => throttle.guess(HOME, async () => { await sleep(1_100) }))
      t.same(await times(150, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') })), { CodeWrong: 100, TooManyRequests: 50 })
    })

    await promise('L2: 100 mails asked for at once from one network: 60 pass', async (t, throttle) => {
      t.same(await times(100, () => throttle.countMail(HOME)), { done: 60, TooManyRequests: 40 })
      await throttle.countMail(ELSEWHERE)
    })

    await promise('L6: neighbours in one IPv6 /64 share a count, and an IPv4 address has one however it is written', async (t, throttle) => {
      t.same(await times(20, i => throttle.login('alice@example.com', `2001:db8:1:2::${i}`, wrong)), { LoginFailed: 10, TooManyRequests: 10 })
      t.equal(await throttle.login('alice@example.com', '2001:db8:1:3::1', right), 'logged in')
      t.same(await times(20, i => throttle.login('bob@example.com', i % 2 === 0 ? HOME : `::ffff:${HOME}`, wrong)), { LoginFailed: 10, TooManyRequests: 10 })
    })
  })
}

t.test('L6: what counts as one network', async t => {
  for (const [address, network] of [
    ['192.0.2.7', '192.0.2.7'], ['::ffff:192.0.2.7', '192.0.2.7'], ['::ffff:c000:207', '192.0.2.7'], ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'], ['2001:0DB8:0001:0002::', '2001:db8:1:2::/64'], ['2001:db8::1', '2001:db8:0:0::/64'], ['::1', '0:0:0:0::/64'], ['127.0.0.1', '127.0.0.1']
  ] as const) t.equal(networkOf(address), network, address)
  t.equal(networkOf('fe80::1%eth0'), networkOf('fe80::2%eth0'), 'a zone changes nothing')
  t.not(networkOf('192.0.2.7'), networkOf('192.0.2.8'))
  t.equal(networkOf('not an address'), networkOf('another'))
  t.equal(networkOf('203.0.113.7:40000'), '203.0.113.7')
  t.equal(networkOf('[2001:db8:1:2::9]:40000'), networkOf('2001:db8:1:2::1'))
})

if (modes.includes('server')) {
  t.test('server: counters show neither address nor network, end by themselves, and without Redis the answer is 512', async t => {
    const { throttle, redis } = await throttleOf(t, 'server')
    await times(3, () => throttle.login('alice@example.com', HOME, wrong))
    await times(3, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') }))
    await throttle.countMail(HOME)
    const keys = await redis?.keys('*') ?? []
    t.equal(keys.length, 4)
    t.notMatch(keys.join(), /alice|example|192\.0\.2/)
    for (const key of keys) {
      t.match(key, /^dream:/)
      const left = await redis?.ttl(key) ?? 0
      t.ok(left > 0 && left <= 15 * 60, `${key} ends in ${left} s`)
    }
    redis?.disconnect()
    await t.rejects(throttle.login('alice@example.com', HOME, async () => t.fail('ran uncounted')), /^Cache service unavailable$/)
    await t.rejects(throttle.guess(HOME, async () => t.fail('ran uncounted')), /^Cache service unavailable$/)
    await t.rejects(throttle.countMail(HOME), /^Cache service unavailable$/)
  })
}
