import t from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const next = digest('a better password')

const check = ({ get }: World, token: string): Promise<Answer> => get('/CheckJWTToken', bearer(token))
const change = ({ post }: World, token: string, NewPassword = next, OldPassword = alice.Password): Promise<Answer> => post('/Auth/ChangePassword', { OldPassword, NewPassword }, bearer(token))

for (const mode of modes) {
  t.test(`${mode}: T6: a change of the password ends every other session at once, within the same second, and keeps the one that asks`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [mine, other] = [await world.login(alice), await world.login(alice)]
    for (const token of [mine, other]) t.match(await check(world, token), { status: 200 })
    t.match(await change(world, mine), { body: { Code: 200 } })
    t.match(await check(world, mine), { status: 200 })
    t.match(await check(world, other), { status: 401 })
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { Code: 501 } })
    t.match(await check(world, await world.login({ ...alice, Password: next })), { status: 200 })
    t.match(await world.post('/Auth/Refresh', undefined, bearer(mine)), { body: { Code: 200 } }, 'it can be refreshed as well')
    t.match(await world.post('/Auth/Refresh', undefined, bearer(other)), { status: 401 })
  })

  t.test(`${mode}: a change of the password is told by mail and in the trail, and voids codes`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const VerifyCode = await world.codeFor(alice.Email)
    await change(world, token)
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('a third one'), VerifyCode }), { body: { Code: 521 } })
    await until(async () => (await world.mails()).some(({ to, subject }) => to === alice.Email && subject.includes('密码已更改')))
    await world.app.events.flush()
    t.match(await world.rows("SELECT Outcome, UserID FROM Events WHERE Type = 'password_change' ORDER BY EventID"), [{ Outcome: 'success', UserID: 1 }, { Outcome: 'failure' }])
  })

  t.test(`${mode}: L7: the old password is asked for, and guesses are counted as those at a login are`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    const codes = []
    for (let i = 0; i < 12; i++) codes.push((await change(world, token, next, digest(`guess ${i}`))).body.Code)
    t.same(codes, [...Array(10).fill(501), 429, 429])
    t.match(await change(world, token), { status: 429 }, 'a right one is not tried either')
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { status: 429 }, 'and the login shares the count')
    t.match(await check(world, token), { status: 200 })
  })

  t.test(`${mode}: L1: an account cannot have mails sent all day by changing its password to and fro, and what is counted goes with it`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    const passwords = [alice.Password, next]
    const changed = (i: number): Promise<Answer> => change(world, token, passwords[(i + 1) % 2], passwords[i % 2])
    for (let i = 0; i < 20; i++) t.match(await changed(i), { body: { Code: 200 } })
    const refused = await changed(20)
    t.match(refused, { status: 429, body: { Code: 429 } })
    t.ok(Number(refused.body.RetryAfter) > 23 * 3_600)
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { Code: 200 } }, 'nothing else is refused')
    await world.app.events.flush()
    t.equal((await world.rows("SELECT Reason FROM Events WHERE Type = 'throttle' AND Reason = 'change-day'")).length, 1)
    t.match(await world.remove('/Auth/Account', { Password: alice.Password }, bearer(token)), { body: { Code: 200 } })
    if (mode === 'server') t.same(await world.redis.keys('*change-day*'), [])
    await world.register(alice)
    t.match(await change(world, await world.login(alice)), { body: { Code: 200 } })
  })

  t.test(`${mode}: of two changes at once, one wins, and the other one's session is over`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [a, b] = [await world.login(alice), await world.login(alice)]
    const answers = await Promise.all([change(world, a, digest('one of the two')), change(world, b, digest('the other one'))])
    const [won, lost] = answers.map(({ body }) => body.Code).sort()
    t.equal(won, 200)
    // Whoever reads the account after the winner has written finds that the old password is none.
    t.ok(lost === 401 || lost === 501, String(lost))
    const [winner, loser] = answers[0]?.body.Code === 200 ? [a, b] : [b, a]
    t.match(await check(world, winner), { status: 200 })
    t.match(await check(world, loser), { status: 401 })
  })

  t.test(`${mode}: C3: a new password is screened as at sign-up`, async t => {
    const world = await build(t, mode, { PASSWORD_DENYLIST: 'on' })
    await world.register(alice)
    const token = await world.login(alice)
    t.match(await change(world, token, digest('123456')), { status: 400, body: { Details: [{ Field: 'NewPassword' }] } })
    t.match(await change(world, token, digest('alice')), { status: 400 })
    t.match(await change(world, token), { body: { Code: 200 } })
  })
}
