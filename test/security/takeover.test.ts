import t from 'tap'
import { createAccountStore } from '../../src/stores/accounts.ts'
import { createOwnAccountStore } from '../../src/stores/own-account.ts'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }
const evil = 'thief@evil.example'
const DAY = 86_400_000

const ask = ({ post }: World, token: string, Email = evil): Promise<Answer> => post('/Auth/ChangeEmail', { Email, Password: alice.Password }, bearer(token))
const confirm = ({ post }: World, token: string, VerifyCode: string, Email = evil): Promise<Answer> => post('/Auth/ConfirmEmail', { Email, VerifyCode }, bearer(token))

for (const mode of modes) {
  t.test(`${mode}: T6: a change of address that was asked for under the old password ends with it, also for who holds a copy of the token that goes on`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    t.match(await ask(world, token), { body: { Code: 200 } }, 'a thief of password and token asks')
    const code = await world.codeFor(evil)
    t.match(await world.post('/Auth/ChangePassword', { OldPassword: alice.Password, NewPassword: bob.Password }, bearer(token)), { body: { Code: 200 } }, 'the owner notices')
    t.match(await confirm(world, token, code), { body: { Code: 520 } })
    t.ok(await world.login({ ...alice, Password: bob.Password }))
  })

  t.test(`${mode}: R3: with HIDE_ACCOUNTS nobody signs up with an address that is reserved for the account that left it`, async t => {
    const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    const token = await world.login(alice)
    await ask(world, token)
    t.match(await confirm(world, token, await world.codeFor(evil)), { body: { Code: 200 } })
    await world.pass(61_000)
    t.match(await world.post('/Auth/Sign', { ...bob, Email: alice.Email }), { body: { Code: 200 } })
    t.match(await world.post('/Auth/Verify', { ...bob, Email: alice.Email, VerifyCode: await world.codeFor(alice.Email) }), { body: { Code: 502, Field: 'Email' } })
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: bob.Password, VerifyCode: await world.codeFor(alice.Email) }), { body: { Code: 200 } }, 'the way back is open')
    t.match(await world.rows('SELECT UserName, Email FROM Users'), [{ UserName: 'Alice', Email: alice.Email }])
  })

  t.test(`${mode}: T6: of two ways back at once, the one to the older address wins, in whatever order`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [now, until] = [() => Date.now(), Date.now() + 7 * DAY]
    const [accounts, own] = [createAccountStore(world.app.database, now), createOwnAccountStore(world.app.database)]
    const { id = 0 } = await accounts.findByEmail(alice.Email) ?? {}
    const notice = () => world.app.notices.compose('email_restored', 'en', { to: evil, at: now() }, null)
    const restore = (email: string, password: string): Promise<boolean> => accounts.restoreEmail(id, email, password, [notice()])
    for (let round = 0; round < 20; round++) {
      const versions = async (): Promise<number> => (await accounts.findById(id))?.tokenVersion ?? 0
      for (const [from, to, reservedUntil] of [[alice.Email, evil, until], [evil, 'thief@worse.example', until + 1000]] as const) {
        t.equal(await own.changeEmail({ id, tokenVersion: await versions(), from, to, reservedUntil }, notice()), 'changed')
      }
      const [owner] = await Promise.allSettled([restore(alice.Email, 'owner'), restore(evil, 'thief')])
      // A database may ask one of two to try again.
      if (owner.status === 'rejected' || !owner.value) t.equal(await restore(alice.Email, 'owner'), true)
      t.match(await accounts.findById(id), { email: alice.Email, password: 'owner' })
      t.same(await world.rows('SELECT * FROM FormerEmails'), [])
    }
  })

  t.test(`${mode}: V1: deletions at once leave one event, and the others find the session over`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    const answers = await Promise.all(Array.from({ length: 6 }, () => world.remove('/Auth/Account', { Password: alice.Password }, bearer(token))))
    t.same(answers.map(({ body }) => body.Code).sort(), [200, 401, 401, 401, 401, 401])
    await world.app.events.flush()
    t.match(await world.rows('SELECT Outcome, UserID FROM Events'), [{ Outcome: 'success', UserID: null }])
  })

  t.test(`${mode}: V1: a login that is under way when the account is deleted leaves no session`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.login(alice)
    const { sessionStore: store, database } = world.app
    const session = { id: '00000000-0000-4000-8000-000000000000', tokenVersion: 1, at: Date.now(), expiresAt: Date.now() + DAY, network: '203.0.113.7', userAgent: 'test' }
    const { UserID } = await database.selectFrom('Users').select('UserID').executeTakeFirstOrThrow()
    t.equal(await store.insert({ ...session, userId: UserID + 1 }), false)
    t.equal((await world.rows('SELECT SessionID FROM Sessions')).length, 1)
    t.equal(await store.insert({ ...session, userId: UserID }), true)
    t.match((await store.all(UserID)).find(({ id }) => id === session.id), { network: session.network, userAgent: session.userAgent })
  })

  t.test(`${mode}: T3: a token that names the session of another account than its own is not refreshed either`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    const { sub, sid, gen } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
    const forged = world.app.signer.sign({ sub: String(Number(sub) + 1), sid, gen, jti: 'forged' })
    t.match(await world.post('/Auth/Refresh', undefined, bearer(forged)), { status: 401 })
    t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 200 })
    t.match(await world.post('/Auth/Refresh', undefined, bearer(token)), { body: { Code: 200 } })
  })
}
