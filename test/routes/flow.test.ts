import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

for (const mode of modes) {
  t.test(`${mode}: R1, T6: a person signs up with the mailed code, logs in, resets the password and logs in with the new one`, async t => {
    const world = await build(t, mode)

    t.match(await world.post('/Auth/Sign', alice), { status: 200, body: { Code: 200, Msg: '成功' } })
    t.equal((await world.rows('SELECT * FROM Users')).length, 0, 'no account before Verify')
    t.match(await world.post('/Auth/Verify', { ...alice, VerifyCode: await world.codeFor(alice.Email) }), { body: { Code: 200 } })

    const login = await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })
    t.match(login, { status: 200, body: { Code: 200, Token: String, UserID: 1 } })
    const bearer = { headers: { authorization: `Bearer ${login.body.Token}` } }
    t.match(await world.get('/CheckJWTToken', bearer), { status: 200, headers: { 'x-auth-user-id': '1', 'x-auth-role': 'user' }, body: { Code: 200 } })

    t.match(await world.post('/Auth/ResetPassword', { Email: alice.Email, Password: '' }), { body: { Code: 200 } })
    const update = { Email: alice.Email, Password: digest('a better one'), VerifyCode: await world.codeFor(alice.Email) }
    t.match(await world.post('/Auth/UpdatePassword', update), { body: { Code: 200 } })

    t.match(await world.get('/CheckJWTToken', bearer), { status: 401, body: { Code: 401 } }, 'the old token is revoked, also within the same second')
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { Code: 501 } })
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: update.Password }), { body: { Code: 200 } })
  })

  t.test(`${mode}: C2: a client that digests and one that does not reach the same account`, async t => {
    const world = await build(t, mode)
    await world.register({ ...alice, Password: 'correct horse battery staple' })
    t.match(await world.post('/Auth/Login', { Email: ' ALICE@Example.com ', Password: alice.Password.toUpperCase() }), { body: { Code: 200 } })
  })
}
