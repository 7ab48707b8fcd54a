import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import { free, limits } from '../../src/limits.ts'
import { blockOf, networkOf } from '../../src/networks.ts'
import { modes } from '../helper.ts'
import { alice, DAY, ELSEWHERE, HOME, MINUTE, QUARTER, right, stranger, throttleOf, times, waitOf, WEEK, wrong, type Guarded } from '../support/throttle.ts'

for (const mode of modes) {
  t.test(`${mode}: throttle`, async t => {
    const promise = (title: string, check: (t: Test, guarded: Guarded) => Promise<void>) => t.test(title, async t => check(t, await throttleOf(t, mode)))

    await promise('L1, L2: of 50 wrong passwords at once from one network ten are looked at', async (t, { throttle }) => {
      let looked = 0
      const counts = await times(50, () => throttle.login(alice, HOME, async () => { looked++; return wrong() }))
      t.equal(looked, 10)
      t.same(counts, { LoginFailed: 10, TooManyRequests: 40 })
    })

    await promise('L1: the waits of one network grow: a minute after ten failures, a quarter of an hour after twenty, a day after forty; also for the right password', async (t, { throttle, pass }) => {
      const rounds = [MINUTE, QUARTER, MINUTE, DAY]
      for (const [i, wait] of rounds.entries()) {
        t.same(await times(20, () => throttle.login(alice, HOME, wrong)), { LoginFailed: 10, TooManyRequests: 10 }, `round ${i}`)
        t.equal(await waitOf(throttle.login(alice, HOME, right)), wait)
        await pass(wait)
      }
      t.equal(await throttle.login(alice, HOME, right), 'logged in')
    })

    await promise('L1: a network that is familiar to an account has a hundred failures at it, too, and then waits a week', async (t, { throttle, pass }) => {
      await throttle.login(alice, HOME, right)
      let failures = 0
      for (let day = 0; day < 10; day++) {
        for (let i = 0; i < 4; i++) {
          failures += (await times(20, () => throttle.login(alice, HOME, wrong))).LoginFailed ?? 0
          await pass(QUARTER)
        }
        await pass(DAY - 4 * QUARTER)
      }
      t.equal(failures, 100)
      t.ok(await waitOf(throttle.login(alice, HOME, right)) > 0)
      t.equal(await throttle.login(alice, ELSEWHERE, right), 'logged in')
    })

    await promise('L1: a streak that goes on slowly is still a streak; a pause ends it', async (t, { throttle, pass }) => {
      for (let i = 0; i < 20; i++) {
        t.same(await times(1, () => throttle.login(alice, HOME, wrong)), { LoginFailed: 1 })
        await pass(i < 19 ? 2 * MINUTE : 0)
      }
      t.equal(await waitOf(throttle.login(alice, HOME, right)), QUARTER)
    })

    await promise('L1: however many networks there are, twenty failures in a quarter of an hour, and then a hundred without a success, close an account to strangers', async (t, { throttle, pass }) => {
      let network = 0
      for (let round = 0; round < 5; round++) {
        t.same(await times(60, () => throttle.login(alice, stranger(network++), wrong)), { LoginFailed: 20, TooManyRequests: 40 })
        await pass(QUARTER)
      }
      t.same(await times(60, () => throttle.login(alice, stranger(network++), wrong)), { TooManyRequests: 60 })
      t.equal(await waitOf(throttle.login(alice, stranger(network++), right)), WEEK - QUARTER)
      t.equal(await throttle.login('bob@example.com', stranger(0), right), 'logged in', 'no other account is closed')
      await pass(WEEK - QUARTER)
      t.same(await times(1, () => throttle.login(alice, stranger(network++), wrong)), { LoginFailed: 1 }, 'it is forgotten after a week of quiet')
    })

    await promise('L4: a storm from everywhere closes an account to no network that has logged in to it before', async (t, { throttle, pass }) => {
      t.equal(await throttle.login(alice, HOME, right), 'logged in')
      await pass(80 * DAY)
      for (let i = 0; i < 200; i++) {
        await times(1, () => throttle.login(alice, stranger(i), wrong))
        if (i % 20 === 19) await pass(QUARTER)
      }
      t.ok(await waitOf(throttle.login(alice, ELSEWHERE, right)) > DAY, 'it is closed to strangers')
      t.equal(await throttle.login(alice, HOME, right), 'logged in')
      t.ok(await waitOf(throttle.login(alice, ELSEWHERE, right)) > DAY, 'and stays so: strangers get no new guesses by it')
    })

    await promise('L4: neighbours of a familiar network cannot close it', async (t, { throttle }) => {
      await throttle.login(alice, '192.0.2.7', right)
      for (let i = 0; i < 500; i++) await times(1, () => throttle.login(`${i % 250}@example.com`, `192.0.2.${8 + i % 200}`, wrong))
      t.ok(await waitOf(throttle.login(alice, '192.0.2.250', right)) > 0, 'the block is closed')
      t.equal(await throttle.login(alice, '192.0.2.7', right), 'logged in')
    })

    await promise('L4: a reset opens the account to the network it comes from, and makes that familiar', async (t, { throttle, pass }) => {
      await times(10, () => throttle.login(alice, HOME, wrong))
      await pass(QUARTER)
      for (let round = 0; round < 5; round++) {
        await times(20, i => throttle.login(alice, stranger(100 * round + i), wrong))
        await pass(QUARTER)
      }
      t.ok(await waitOf(throttle.login(alice, HOME, right)) > DAY)
      await throttle.forgive(alice, HOME)
      t.equal(await throttle.familiarNetwork(alice, HOME), HOME)
      t.equal(await throttle.familiarNetwork(alice, ELSEWHERE), undefined)
      t.equal(await throttle.login(alice, HOME, right), 'logged in')
      t.equal(await throttle.login(alice, ELSEWHERE, right), 'logged in')
    })

    await promise('L1, P4: after a reset every network but its own is a stranger again: one may have been a thief\'s', async (t, { throttle, pass }) => {
      for (let i = 0; i < 30; i++) await throttle.login(alice, stranger(i), right)
      t.equal(await throttle.familiarNetwork(alice, stranger(7)), stranger(7))
      await throttle.forgive(alice, HOME)
      for (let i = 0; i < 30; i++) t.equal(await throttle.familiarNetwork(alice, stranger(i)), undefined)
      t.equal(await throttle.familiarNetwork(alice, HOME), HOME)
      t.same(await times(30, i => throttle.login(alice, stranger(i), wrong)), { LoginFailed: 20, TooManyRequests: 10 })
      await pass(QUARTER)
      await throttle.login(alice, stranger(7), right)
      t.equal(await throttle.familiarNetwork(alice, stranger(7)), stranger(7), 'until it has logged in anew')
      await throttle.forgive(alice, HOME)
      t.equal(await throttle.familiarNetwork(alice, stranger(7)), undefined)
    })

    await promise('L4: a network is forgotten ninety days after its last login', async (t, { throttle, pass }) => {
      await throttle.login(alice, HOME, right)
      await pass(89 * DAY)
      await throttle.login(alice, HOME, right)
      await pass(89 * DAY)
      t.equal(await throttle.familiarNetwork(alice, HOME), HOME)
      await pass(DAY)
      t.equal(await throttle.familiarNetwork(alice, HOME), undefined)
    })

    await promise('L4: a success forgives the failures before it', async (t, { throttle }) => {
      for (let i = 0; i < 11; i++) {
        await times(9, () => throttle.login(alice, HOME, wrong))
        t.equal(await throttle.login(alice, HOME, right), 'logged in')
      }
    })

    await promise('L1: spraying many accounts from one network is stopped; others may go on', async (t, { throttle, pass }) => {
      t.same(await times(130, i => throttle.login(`${i}@example.com`, HOME, wrong)), { LoginFailed: 100, TooManyRequests: 30 })
      await t.rejects(throttle.login(alice, HOME, right), fail('TooManyRequests'))
      t.equal(await throttle.login(alice, ELSEWHERE, right), 'logged in')
      for (let i = 1; i < 10; i++) {
        await pass(QUARTER)
        await times(100, n => throttle.login(`${i}-${n}@example.com`, HOME, wrong))
      }
      await pass(QUARTER)
      t.ok(await waitOf(throttle.login(alice, HOME, right)) > QUARTER, 'a thousand a day')
    })

    await promise('L1: spraying from a whole block is stopped: an IPv4 /24 or an IPv6 /48', async (t, { throttle }) => {
      for (const network of [(i: number) => `203.0.113.${i % 256}`, (i: number) => `2001:db8:7:${i.toString(16)}::1`]) {
        t.same(await times(500, i => throttle.login(`${network(i)}@example.com`, network(i), wrong)), { LoginFailed: 400, TooManyRequests: 100 })
      }
      t.equal(await throttle.login(alice, '203.0.114.1', right), 'logged in')
      t.equal(await throttle.login(alice, '2001:db8:8::1', right), 'logged in')
    })

    await promise('L4: logins that succeed, or fail for want of a dependency, are not counted', async (t, { throttle }) => {
      for (let i = 0; i < 120; i++) t.equal(await throttle.login(`${i % 3}@example.com`, HOME, right), 'logged in')
      for (let i = 0; i < 120; i++) await t.rejects(throttle.login(alice, HOME, async () => { throw fail('DatabaseUnavailable') }), fail('DatabaseUnavailable'))
      t.equal(await throttle.login(alice, HOME, right), 'logged in')
    })

    await promise('L4: whoever is refused for one account is not counted against the network', async (t, { throttle }) => {
      t.same(await times(150, () => throttle.login(alice, HOME, wrong)), { LoginFailed: 10, TooManyRequests: 140 })
      t.equal(await throttle.login('bob@example.com', HOME, right), 'logged in')
    })

    await promise('L7: wrong and missing codes are counted by network; right ones and other failures are not', async (t, { throttle }) => {
      const guess = (key: 'CodeWrong' | 'CodeExpired' | 'UserExists') => throttle.guess(HOME, async () => { throw fail(key) })
      for (let i = 0; i < 150; i++) await t.rejects(throttle.guess(HOME, async () => { throw fail('DatabaseUnavailable') }), fail('DatabaseUnavailable'))
      t.same(await times(60, i => guess(i % 2 === 0 ? 'CodeWrong' : 'UserExists')), { CodeWrong: 30, UserExists: 30 })
      t.same(await times(60, () => guess('CodeExpired')), { CodeExpired: 40, TooManyRequests: 20 })
      await t.rejects(throttle.guess(HOME, right), fail('TooManyRequests'))
      t.equal(await throttle.guess(ELSEWHERE, right), 'logged in')
    })

    await promise('L7: so they are by block and by day', async (t, { throttle, pass }) => {
      t.same(await times(500, i => throttle.guess(`203.0.113.${i % 256}`, async () => { throw fail('CodeWrong') })), { CodeWrong: 400, TooManyRequests: 100 })
      for (let i = 0; i < 5; i++) {
        t.same(await times(100, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') })), { CodeWrong: 100 })
        await pass(QUARTER)
      }
      t.ok(await waitOf(throttle.guess(HOME, right)) > QUARTER)
    })

    await promise('L4: of 150 right logins or codes at once some may be refused, and then nothing stays counted', async (t, { throttle }) => {
      t.same(await times(150, i => throttle.login(`${i}@example.com`, HOME, right)), { done: 100, TooManyRequests: 50 })
      t.same(await times(100, i => throttle.login(`${i}@example.com`, HOME, right)), { done: 100 })
      t.same(await times(150, () => throttle.guess(HOME, right)), { done: 100, TooManyRequests: 50 })
      t.same(await times(100, () => throttle.guess(HOME, right)), { done: 100 })
    })

    await promise('L2: what is given back after the end of its window is no credit in the next', async (t, { throttle, pass }) => {
      let end = (): void => {}
      const ended = new Promise<void>(resolve => { end = resolve })
      const slow = times(20, () => throttle.guess(HOME, () => ended))
      await times(5, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') }))
      await pass(2 * DAY)
      end()
      await slow
      t.same(await times(150, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') })), { CodeWrong: 100, TooManyRequests: 50 })
    })

    await promise('L2: 100 mails asked for at once from one network: 60 pass; 240 from a block', async (t, { throttle }) => {
      t.same(await times(100, () => throttle.countMail(HOME)), { done: 60, TooManyRequests: 40 })
      await throttle.countMail(ELSEWHERE)
      t.same(await times(300, i => throttle.countMail(`203.0.113.${i % 200}`)), { done: 240, TooManyRequests: 60 })
    })

    await promise('L6: neighbours in one IPv6 /64 share a count, and an IPv4 address has one however it is written', async (t, { throttle }) => {
      t.same(await times(20, i => throttle.login(alice, `2001:db8:1:2::${i}`, wrong)), { LoginFailed: 10, TooManyRequests: 10 })
      t.equal(await throttle.login(alice, '2001:db8:1:3::1', right), 'logged in')
      t.same(await times(20, i => throttle.login('bob@example.com', i % 2 === 0 ? HOME : `::ffff:${HOME}`, wrong)), { LoginFailed: 10, TooManyRequests: 10 })
    })

    await promise('G1: that a limit refuses is told to the audit trail once for each time that it begins to', async (t, { throttle, pass }) => {
      const told = async (): Promise<unknown[]> => {
        const refusals = await Promise.all(Array.from({ length: 20 }, () => throttle.login(alice, HOME, wrong).catch((error: unknown) => Object(error).fields.audit)))
        return refusals.filter(word => word !== undefined)
      }
      t.same(await told(), ['login-minute'])
      t.same(await told(), [])
      await pass(MINUTE)
      t.same(await told(), ['login-quarter'])
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

t.test('L6: what counts as one block', async t => {
  for (const [address, block] of [
    ['192.0.2.7', '192.0.2.0/24'], ['::ffff:192.0.2.7', '192.0.2.0/24'], ['192.0.2.255:40000', '192.0.2.0/24'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1::/48'], ['2001:0DB8:0001:ffff::', '2001:db8:1::/48'], ['[2001:db8:1:2::9]:40000', '2001:db8:1::/48']
  ] as const) t.equal(blockOf(address), block, address)
  t.not(blockOf('192.0.2.7'), blockOf('192.0.3.7'))
  t.equal(blockOf('not an address'), blockOf('another'))
})

t.test('every limit has a name of its own', async t => {
  const names = Object.values({ ...limits, ...free }).flat().map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
})

if (modes.includes('server')) {
  t.test('server: counters show neither address nor network, end by themselves, and without Redis the answer is 512', async t => {
    const { throttle, redis } = await throttleOf(t, 'server')
    await times(3, () => throttle.login('alice@example.com', HOME, wrong))
    await times(3, () => throttle.guess(HOME, async () => { throw fail('CodeWrong') }))
    await throttle.countMail(HOME)
    const keys = await redis?.keys('*') ?? []
    t.equal(keys.length, 16)
    t.notMatch(keys.join(), /alice|example|192\.0\.2/)
    for (const key of keys) {
      t.match(key, /^dream:/)
      const left = await redis?.ttl(key) ?? 0
      t.ok(left > 0 && left <= WEEK, `${key} ends in ${left} s`)
    }
    await redis?.flushdb()
    await throttle.login('alice@example.com', HOME, right)
    await throttle.guess(HOME, right)
    t.same((await redis?.keys('*') ?? []).map(key => key.replace(/:\{.*/, '')).sort(), ['dream:epoch', 'dream:familiar', 'dream:networks'], 'what succeeded leaves nothing but that the network is familiar')
    await times(300, i => throttle.login(`${i}@example.com`, ELSEWHERE, wrong))
    t.equal((await redis?.keys('*') ?? []).filter(key => key.includes(':account:')).length, 100, 'and what is refused leaves nothing')
    redis?.disconnect()
    await t.rejects(throttle.login('alice@example.com', HOME, async () => t.fail('ran uncounted')), /^Cache service unavailable$/)
    await t.rejects(throttle.guess(HOME, async () => t.fail('ran uncounted')), /^Cache service unavailable$/)
    await t.rejects(throttle.countMail(HOME), /^Cache service unavailable$/)
  })
}
