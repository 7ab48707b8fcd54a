import t from 'tap'
import { bearer, build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }

for (const mode of modes) {
  t.test(`${mode}: V2: people get everything that is kept about them and nothing about others, and no password`, async t => {
    const world = await build(t, mode)
    await world.register(alice, { from: '203.0.113.5' })
    await world.register(bob)
    await world.rows("UPDATE Users SET Phone = '12345', Address = 'Nowhere 1', BirthDate = '2000-02-29' WHERE UserID = 1")
    await world.post('/Auth/Login', { Email: alice.Email, Password: digest('wrong') }, { from: '203.0.113.6', headers: { 'user-agent': 'Thief/1.0' } })
    await world.login(bob)
    const token = await world.login(alice)
    await world.post('/Auth/ChangeEmail', { Email: 'alice@new.example', Password: alice.Password }, bearer(token))
    await world.post('/Auth/ConfirmEmail', { Email: 'alice@new.example', VerifyCode: await world.codeFor('alice@new.example') }, bearer(token))
    const { body, text } = await world.get('/Auth/Account', bearer(token))
    t.match(body, {
      Code: 200,
      Account: { UserID: 1, Name: 'Alice', Email: 'alice@new.example', Role: 'user', Phone: '12345', Address: 'Nowhere 1', BirthDate: '2000-02-29', AvatarUrl: null, RegisterTime: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, LastLogin: /Z$/ },
      FormerEmails: [{ Email: alice.Email, ReservedUntil: /Z$/ }],
      Sessions: [{ Current: true, Network: '127.0.0.1' }]
    })
    const events = body.Events as Array<Record<string, unknown>>
    t.match(events.map(({ Type, Outcome }) => `${String(Type)} ${String(Outcome)}`).sort(), ['email_change success', 'email_request success', 'login failure', 'login success', 'sign success', 'verify success'])
    t.match(events.find(({ Outcome }) => Outcome === 'failure'), { Network: '203.0.113.6', UserAgent: 'Thief/1.0', Reason: 'wrong_password' })
    t.notMatch(text, /pbkdf2|argon2|"Password|\bbob/i)
    await world.app.events.flush()
    t.match(await world.rows("SELECT UserID FROM Events WHERE Type = 'export'"), [{ UserID: 1 }])
  })

  t.test(`${mode}: V2: sessions that have ended are in the export while they are kept, and are said to have ended`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [one, two] = [await world.login(alice), await world.login(alice)]
    await world.post('/Auth/Logout', undefined, bearer(one))
    await world.post('/Auth/Logout', { All: true }, bearer(two))
    const last = await world.login(alice)
    const { body } = await world.get('/Auth/Account', bearer(last))
    const sessions = body.Sessions as Array<Record<string, unknown>>
    t.same(sessions.map(({ Ended, Current }) => [Ended, Current]).sort(), [[false, true], [true, false], [true, false]])
  })
}

for (const mode of modes) {
  t.test(`${mode}: people see the data of their own account, which is no event, and nobody else's`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.register(bob)
    const token = await world.login(bob)
    const { body, text } = await world.get('/Auth/Profile', bearer(token))
    t.match(body, { Code: 200, Account: { UserID: 2, Name: 'Bob', Email: bob.Email, Role: 'user', RegisterTime: /Z$/, LastLogin: /Z$/ } })
    t.notMatch(text, /pbkdf2|argon2|"Password|DisabledAt|FormerEmails|\balice/i)
    await world.app.events.flush()
    t.same(await world.rows("SELECT UserID FROM Events WHERE Type = 'export'"), [])
    await world.remove('/Auth/Account', { Password: bob.Password }, bearer(token))
    t.match(await world.get('/Auth/Profile', bearer(token)), { status: 401, body: { Code: 401 } })
    t.match(await world.get('/Auth/Profile'), { status: 401, body: { Code: 401 } })
  })

  t.test(`${mode}: V2: whoever has an address that was another's gets nothing of theirs, and erases nothing of theirs`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const hers = String((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from: '203.0.113.9', headers: { 'user-agent': 'Alice phone' } })).body.Token)
    await world.post('/Auth/ChangeEmail', { Email: 'alice@new.example', Password: alice.Password }, bearer(hers))
    await world.post('/Auth/ConfirmEmail', { Email: 'alice@new.example', VerifyCode: await world.codeFor('alice@new.example') }, bearer(hers))
    await world.pass(7 * 86_400_000 + 1_000)
    await world.register({ ...bob, Email: alice.Email })
    const his = await world.login({ ...bob, Email: alice.Email })
    t.notMatch((await world.get('/Auth/Account', bearer(his))).text, /Alice phone|203\.0\.113\.9/)
    await world.app.events.flush()
    const [before] = await world.rows('SELECT COUNT(*) AS Count FROM Events WHERE UserID = 1')
    t.match(await world.remove('/Auth/Account', { Password: bob.Password }, bearer(his)), { body: { Code: 200 } })
    t.same(await world.rows('SELECT COUNT(*) AS Count FROM Events WHERE UserID = 1'), [before])
  })
}
