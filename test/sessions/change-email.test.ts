import t from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }
const next = 'alice@new.example'
const DAY = 86_400_000

const ask = ({ post }: World, token: string, Email = next, Password = alice.Password): Promise<Answer> => post('/Auth/ChangeEmail', { Email, Password }, bearer(token))
const confirm = async (world: World, token: string, Email = next, VerifyCode?: string): Promise<Answer> => world.post('/Auth/ConfirmEmail', { Email, VerifyCode: VerifyCode ?? await world.codeFor(Email) }, bearer(token))

/** Alice, logged in. */
async function start (world: World): Promise<string> {
  await world.register(alice)
  return world.login(alice)
}

/** Somebody who has Alice's password moves her account to an address of theirs. */
async function stolen (world: World, Email: string): Promise<void> {
  const token = await world.login(alice)
  await ask(world, token, Email)
  t.match(await confirm(world, token, Email), { body: { Code: 200 } })
}

async function reset (world: World, Email: string, Password: string): Promise<Answer> {
  const asked = await world.post('/Auth/ResetPassword', { Email })
  if (asked.body.Code !== 200) return asked
  return world.post('/Auth/UpdatePassword', { Email, Password, VerifyCode: await world.codeFor(Email) })
}

for (const mode of modes) {
  t.test(`${mode}: a code to the new address moves the account there; nothing changes before, and sessions go on`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    t.match(await ask(world, token), { body: { Code: 200 } })
    t.ok(await world.login(alice), 'the old address still logs in')
    t.match(await confirm(world, token), { body: { Code: 200 } })
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { Code: 501 } })
    t.ok(await world.login({ ...alice, Email: next }))
    t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 200 })
    t.match(await confirm(world, token), { body: { Code: 521 } }, 'the code is spent')
  })

  t.test(`${mode}: the old address is told, with the way back and without the new address in full`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    await ask(world, token)
    await confirm(world, token)
    await until(async () => (await world.mails()).some(({ to, subject }) => to === alice.Email && /邮箱/.test(subject)))
    const [notice] = (await world.mails()).filter(({ to, subject }) => to === alice.Email && /邮箱/.test(subject)).slice(-1)
    t.notMatch(notice?.text, next)
    t.notMatch(notice?.html, /href/)
  })

  t.test(`${mode}: for seven days a reset at the old address gives the account back to it, and ends every session`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    await stolen(world, 'thief@evil.example')
    const thief = await world.login({ ...alice, Email: 'thief@evil.example' })
    t.match(await world.post('/Auth/Sign', { ...bob, Email: alice.Email }), { body: { Code: 502, Field: 'Email' } }, 'nobody else can have the address meanwhile')
    await world.pass(6 * DAY)
    t.match(await reset(world, alice.Email, digest('mine again')), { body: { Code: 200 } })
    for (const each of [token, thief]) t.match(await world.get('/CheckJWTToken', bearer(each)), { status: 401 })
    t.ok(await world.login({ ...alice, Password: digest('mine again') }))
    t.match(await world.post('/Auth/ResetPassword', { Email: 'thief@evil.example' }), { body: { Code: 503 } }, 'and the thief has no way back')
    t.match(await world.rows('SELECT UserID, UserName FROM Users'), [{ UserID: 1, UserName: 'Alice' }])
  })

  t.test(`${mode}: the way back leads past every address that came after`, async t => {
    const world = await build(t, mode)
    await start(world)
    await stolen(world, 'thief@evil.example')
    const token = await world.login({ ...alice, Email: 'thief@evil.example' })
    await ask(world, token, 'thief@worse.example')
    t.match(await confirm(world, token, 'thief@worse.example'), { body: { Code: 200 } })
    await world.pass(61_000)
    t.match(await reset(world, alice.Email, digest('mine again')), { body: { Code: 200 } })
    for (const Email of ['thief@evil.example', 'thief@worse.example']) t.match(await world.post('/Auth/ResetPassword', { Email }), { body: { Code: 503 } })
    t.ok(await world.login({ ...alice, Password: digest('mine again') }))
  })

  t.test(`${mode}: after seven days there is no way back, and the address is free`, async t => {
    const world = await build(t, mode)
    await start(world)
    await stolen(world, next)
    await world.pass(7 * DAY + 1000)
    await world.pass(61_000)
    t.match(await world.post('/Auth/ResetPassword', { Email: alice.Email }), { body: { Code: 503 } })
    await world.register({ ...bob, Email: alice.Email })
    t.ok(await world.login({ ...bob, Email: alice.Email }))
    t.ok(await world.login({ ...alice, Email: next }))
  })

  t.test(`${mode}: an address that is another account's is refused, in any spelling`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    await world.register(bob)
    t.match(await ask(world, token, ' BOB@Example.com '), { body: { Code: 502, Field: 'Email' } })
    t.match(await ask(world, token, alice.Email), { body: { Code: 200 } }, 'one\'s own is no other\'s')
  })

  t.test(`${mode}: R4: with HIDE_ACCOUNTS the address of another account is answered and mailed as any, and refused only with the code`, async t => {
    const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
    const token = await start(world)
    await world.register(bob)
    await world.pass(61_000)
    t.match(await ask(world, token, bob.Email), { body: { Code: 200 } })
    const code = await world.codeFor(bob.Email)
    t.match(await confirm(world, token, bob.Email, code === '000000' ? '000001' : '000000'), { body: { Code: 520 } })
    t.match(await confirm(world, token, bob.Email, code), { body: { Code: 502, Field: 'Email' } })
  })

  t.test(`${mode}: P2, K6: a code moves the account that asked for it and no other, and does nothing else`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    await world.register(bob)
    const other = await world.login(bob)
    await ask(world, token)
    const VerifyCode = await world.codeFor(next)
    t.match(await confirm(world, other, next, VerifyCode), { body: { Code: 520 } })
    t.match(await world.post('/Auth/Verify', { ...alice, Name: 'New', Email: next, VerifyCode }), { body: { Code: 521 } })
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: alice.Password, VerifyCode }), { body: { Code: 521 } })
    t.match(await confirm(world, token, next, VerifyCode), { body: { Code: 200 } })
  })

  t.test(`${mode}: L7: the password is asked for`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    t.match(await ask(world, token, next, digest('wrong')), { body: { Code: 501 } })
    await t.rejects(world.codeFor(next), 'and nothing was mailed')
  })

  t.test(`${mode}: K3: of twenty confirmations at once with one code, one moves the account`, async t => {
    const world = await build(t, mode)
    const token = await start(world)
    await ask(world, token)
    const VerifyCode = await world.codeFor(next)
    const codes = (await Promise.all(Array.from({ length: 20 }, () => confirm(world, token, next, VerifyCode)))).map(({ body }) => body.Code)
    t.equal(codes.filter(code => code === 200).length, 1)
    t.ok(codes.every(code => code === 200 || code === 521), String(codes))
    t.equal((await world.rows('SELECT EmailKey FROM FormerEmails')).length, 1)
  })
}
