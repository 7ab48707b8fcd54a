import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import type { Arrival } from '../../src/throttle.ts'
import { modes } from '../helper.ts'
import { alice, DAY, ELSEWHERE, HOME, MINUTE, QUARTER, right, stranger, throttleOf, times, waitOf, wrong, type Guarded } from '../support/throttle.ts'

const NEW = 'alice@example.net'

for (const mode of modes) {
  t.test(`${mode}: throttle, what concerns the owner of an account`, async t => {
    const promise = (title: string, check: (t: Test, guarded: Guarded) => Promise<void>) => t.test(title, async t => check(t, await throttleOf(t, mode)))

    /** Closes an account to strangers for a week. */
    async function storm ({ throttle, pass }: Guarded, email: string): Promise<void> {
      for (let round = 0; round < 5; round++) {
        await times(20, i => throttle.login(email, stranger(20 * round + i), wrong))
        await pass(QUARTER)
      }
    }

    await promise('a login is told whether its network is familiar, strange, or the first of all', async (t, { throttle, pass }) => {
      const arrivalAt = (address: string): Promise<Arrival> => throttle.login(alice, address, async arrival => arrival)
      await times(3, () => throttle.login(alice, HOME, wrong))
      t.equal(await arrivalAt(HOME), 'first')
      t.equal(await arrivalAt(HOME), 'familiar')
      t.equal(await arrivalAt(ELSEWHERE), 'strange')
      t.equal(await arrivalAt(ELSEWHERE), 'familiar')
      await throttle.forgive(alice, HOME)
      t.equal(await arrivalAt(HOME), 'familiar')
      t.equal(await arrivalAt(ELSEWHERE), 'strange', 'after a reset')
      await pass(90 * DAY)
      t.equal(await arrivalAt(HOME), 'first', 'after a long absence')
      await throttle.erase(alice)
      t.equal(await arrivalAt(HOME), 'first', 'after a deletion')
    })

    await promise('L1, L7: who has stolen a token has no more guesses at the password than a stranger, in the same counters', async (t, { throttle, pass }) => {
      await throttle.login(alice, HOME, right)
      t.same(await times(50, i => i % 2 === 0 ? throttle.reauthenticate(alice, ELSEWHERE, wrong) : throttle.login(alice, ELSEWHERE, wrong)), { LoginFailed: 10, TooManyRequests: 40 })
      t.equal(await waitOf(throttle.reauthenticate(alice, ELSEWHERE, right)), MINUTE)
      t.same(await times(20, i => throttle.reauthenticate(alice, stranger(i), wrong)), { LoginFailed: 10, TooManyRequests: 10 })
      t.ok(await waitOf(throttle.login(alice, stranger(99), right)) > 0, 'strangers together have twenty')
      await pass(QUARTER)
      let failures = 0
      for (let day = 0; day < 8; day++) {
        for (let i = 0; i < 4; i++) {
          failures += (await times(20, () => throttle.reauthenticate(alice, HOME, wrong))).LoginFailed ?? 0
          await pass(QUARTER)
        }
        await pass(DAY - 4 * QUARTER)
      }
      t.equal(failures, 100, 'from a familiar network as well')
    })

    await promise('L1, L4: giving the password again opens nothing: no network becomes familiar, and no failure is forgiven', async (t, { throttle }) => {
      await throttle.login(alice, HOME, right)
      for (let i = 0; i < 9; i++) await times(1, () => throttle.reauthenticate(alice, ELSEWHERE, wrong))
      for (let i = 0; i < 30; i++) t.equal(await throttle.reauthenticate(alice, ELSEWHERE, right), 'logged in')
      t.equal(await throttle.familiarNetwork(alice, ELSEWHERE), undefined)
      t.same(await times(20, () => throttle.reauthenticate(alice, ELSEWHERE, wrong)), { LoginFailed: 1, TooManyRequests: 19 })
      for (let i = 0; i < 30; i++) await t.rejects(throttle.reauthenticate(alice, HOME, async () => { throw fail('DatabaseUnavailable') }), fail('DatabaseUnavailable'))
      t.equal(await throttle.reauthenticate(alice, HOME, right), 'logged in')
    })

    await promise('L4: a storm of strangers keeps nobody at home from giving the password again', async (t, guarded) => {
      const { throttle } = guarded
      await throttle.login(alice, HOME, right)
      await storm(guarded, alice)
      t.equal(await throttle.reauthenticate(alice, HOME, right), 'logged in')
      t.ok(await waitOf(throttle.reauthenticate(alice, ELSEWHERE, right)) > DAY, 'as at login')
    })

    await promise('V1: of an account that is erased nothing lives on: no failure, no familiar network, no epoch; other accounts keep theirs', async (t, guarded) => {
      const { throttle, redis } = guarded
      const bob = 'bob@example.com'
      for (const email of [alice, bob]) {
        await throttle.login(email, HOME, right)
        await throttle.login(email, ELSEWHERE, right)
        await storm(guarded, email)
        await times(20, () => throttle.login(email, HOME, wrong))
      }
      const before = await redis?.keys('*')
      t.ok(await waitOf(throttle.login(alice, stranger(500), right)) > DAY)
      await throttle.erase(alice)
      t.equal(await throttle.familiarNetwork(alice, HOME), undefined)
      t.equal(await throttle.login(alice, stranger(500), async arrival => arrival), 'first')
      t.equal(await throttle.familiarNetwork(alice, ELSEWHERE), undefined, 'a new account knows nothing of the old one\'s networks')
      t.same(await times(20, () => throttle.login(alice, HOME, wrong)), { LoginFailed: 10, TooManyRequests: 10 }, 'nor of its failures')
      t.ok(await waitOf(throttle.login(bob, stranger(500), right)) > DAY)
      t.equal(await throttle.familiarNetwork(bob, ELSEWHERE), ELSEWHERE)
      await throttle.erase(alice)
      await throttle.erase(bob)
      // What is left belongs to networks and blocks.
      const left = await redis?.keys('*') ?? []
      t.ok(before === undefined || before.length > 500)
      t.same(left.filter(key => !/^dream:throttle:(network|block)-/.test(key)), [])
    })

    await promise('V1: a login that is under way while its account is erased leaves no familiar network', async (t, { throttle }) => {
      await throttle.login(alice, HOME, right)
      await throttle.login(alice, HOME, async () => throttle.erase(alice))
      await throttle.login(alice, ELSEWHERE, right)
      t.equal(await throttle.familiarNetwork(alice, HOME), undefined)
    })

    await promise('L4: an account that moves is known at its new address where that was proved, however often strangers failed there; the old one is forgotten', async (t, guarded) => {
      const { throttle } = guarded
      await throttle.login(alice, HOME, right)
      await throttle.login(alice, ELSEWHERE, right)
      await times(20, () => throttle.login(alice, HOME, wrong))
      await storm(guarded, NEW)
      await throttle.rename(alice, NEW, ELSEWHERE)
      t.equal(await throttle.login(NEW, ELSEWHERE, async arrival => arrival), 'familiar')
      t.equal(await throttle.login(NEW, HOME, async arrival => arrival), 'strange')
      t.equal(await throttle.familiarNetwork(alice, ELSEWHERE), undefined)
      t.equal(await throttle.login(alice, HOME, async arrival => arrival), 'first')
    })

    await promise('L4, P4: and one that goes back is known where its first mailbox was proved, and not where a thief had moved it', async (t, { throttle }) => {
      const thief = stranger(1)
      await throttle.login(alice, HOME, right)
      await throttle.login(alice, thief, right)
      await throttle.rename(alice, NEW, thief)
      await throttle.rename(NEW, alice, HOME)
      for (const [email, address] of [[alice, thief], [NEW, thief], [NEW, HOME]] as const) t.equal(await throttle.familiarNetwork(email, address), undefined)
      t.equal(await throttle.familiarNetwork(alice, HOME), HOME)
    })
  })
}

if (modes.includes('server')) {
  t.test('server: without Redis an erasure is 512 and a renaming, which has happened, no error', async t => {
    const { throttle, redis } = await throttleOf(t, 'server')
    redis?.disconnect()
    await t.rejects(throttle.erase(alice), /^Cache service unavailable$/)
    await t.rejects(throttle.reauthenticate(alice, HOME, async () => t.fail('ran uncounted')), /^Cache service unavailable$/)
    await throttle.rename(alice, NEW, HOME)
  })
}
