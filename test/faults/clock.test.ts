import t, { type Test } from 'tap'
import { bearer, build, modes, type World } from '../helper.ts'
import { credentialsOf, newPerson } from '../support/faults.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Sets the clock of the whole process, libraries included, until the test ends. */
function clock (t: Test): (aheadMs: number) => void {
  const right = Date.now
  t.teardown(() => { Date.now = right })
  return aheadMs => { Date.now = () => right() + aheadMs }
}

async function someone (world: World): Promise<{ person: ReturnType<typeof newPerson>, token: string }> {
  const person = newPerson()
  await world.register(person)
  return { person, token: await world.login(credentialsOf(person)) }
}

for (const mode of modes) {
  for (const [jump, ms] of [['an hour ahead', HOUR], ['an hour back', -HOUR], ['a day back', -DAY]] as const) {
    t.test(`${mode}: D6: the clock jumps ${jump}: tokens, codes, cooldowns and sessions go on as before`, async t => {
      const set = clock(t)
      const world = await build(t, mode)
      const [alice, bob] = [await someone(world), await someone(world)]
      const carol = newPerson()
      t.match(await world.post('/Auth/Sign', carol), { body: { Code: 200 } })

      set(ms)
      t.match(await world.get('/CheckJWTToken', bearer(alice.token)), { status: 200 }, 'a token of before')
      const waiting = await world.post('/Auth/Sign', carol)
      t.match(waiting, { body: { Code: 429 } }, 'the cooldown goes on')
      t.ok(Number(waiting.body.RetryAfter) <= 60, 'and lasts no longer for it')
      t.match(await world.post('/Auth/Verify', { ...carol, VerifyCode: await world.codeFor(carol.Email) }), { body: { Code: 200 } }, 'a code of before')
      const between = await world.login(credentialsOf(carol))
      t.match(await world.get('/CheckJWTToken', bearer(between)), { status: 200 }, 'a token of now')
      const refreshed = await world.post('/Auth/Refresh', undefined, bearer(alice.token))
      t.match(refreshed, { body: { Code: 200, Token: String } }, 'refreshed')
      t.match(await world.get('/Auth/Sessions', bearer(String(refreshed.body.Token))), { body: { Code: 200, Sessions: [{ Current: true }] } }, 'one session, as before')
      t.match(await world.post('/Auth/Logout', undefined, bearer(bob.token)), { body: { Code: 200 } })
      t.match(await world.get('/CheckJWTToken', bearer(bob.token)), { status: 401 }, 'ended at once')

      set(0)
      t.match(await world.get('/CheckJWTToken', bearer(between)), { status: 200 }, 'a token of meanwhile, the clock put right')
      t.match(await world.get('/CheckJWTToken', bearer(String(refreshed.body.Token))), { status: 200 })
      t.match(await world.get('/CheckJWTToken', bearer(bob.token)), { status: 401 }, 'what has ended does not come back')
    })
  }

  t.test(`${mode}: D6: a token refused by a clock that was ahead of its end is good again when the clock is put right; codes wait for nobody's clock`, async t => {
    const set = clock(t)
    const world = await build(t, mode)
    const { person, token } = await someone(world)
    t.match(await world.post('/Auth/ResetPassword', { Email: person.Email }), { body: { Code: 200 } })
    set(8 * DAY)
    t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 401 })
    set(0)
    t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 200 })
    set(-DAY)
    await world.pass(301_000)
    t.match(await world.post('/Auth/UpdatePassword', { ...credentialsOf(person), VerifyCode: await world.codeFor(person.Email) }), { body: { Code: 521 } }, 'a code lives five minutes by any clock')
  })

  t.test(`${mode}: D6: failed logins are counted through a jump of the clock, in either direction`, async t => {
    const set = clock(t)
    const world = await build(t, mode)
    const { person } = await someone(world)
    const guess = { Email: person.Email, Password: 'a wrong password' }
    for (let i = 0; i < 10; i++) {
      set((i % 3 - 1) * DAY)
      t.match(await world.post('/Auth/Login', guess), { body: { Code: 501 } })
    }
    for (const ms of [DAY, 0, -DAY]) {
      set(ms)
      const refused = await world.post('/Auth/Login', guess)
      t.match(refused, { body: { Code: 429 } })
      t.ok(Number(refused.body.RetryAfter) <= 60)
    }
  })
}
