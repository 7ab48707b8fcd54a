import t from 'tap'
import { createDreamAuth } from '../../sdk/src/index.ts'
import { build, modes } from '../helper.ts'
import { listen, network } from './service.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: 'correct horse battery staple' }

for (const mode of modes) {
  t.test(`${mode}: a person signs up, logs in, moves, resets the password and leaves, and each answer is a typed result`, async t => {
    const world = await build(t, mode)
    const baseUrl = await listen(world)
    const { fetch, sent } = network()
    const auth = createDreamAuth({ baseUrl, language: 'en', fetch })
    const changes: boolean[] = []
    auth.onChange(signedIn => { changes.push(signedIn) })

    t.match(await auth.sign(alice), { ok: true, Code: 200, Msg: 'Success' })
    t.match(await auth.verify({ ...alice, VerifyCode: '000000' }), { ok: false, error: 'CodeWrong', Code: 520, Msg: 'Wrong verification code' })
    t.match(await auth.verify({ ...alice, VerifyCode: await world.codeFor(alice.Email) }), { ok: true })
    t.match(await auth.sign({ ...alice, Name: 'Other' }), { ok: false, error: 'UserExists', Field: 'Email' })
    t.equal(await auth.signedIn(), false)

    t.match(await auth.login({ Email: alice.Email, Password: 'wrong' }), { ok: false, error: 'LoginFailed', Code: 501 })
    t.match(await auth.login(alice), { ok: true, Code: 200, UserID: 1, Token: String })
    t.match(await auth.checkToken(), { ok: true })

    const listed = await auth.listSessions()
    t.match(listed, { ok: true, Sessions: [{ Current: true }] })
    t.match(await auth.revokeSession({ SessionID: '00000000-0000-4000-8000-000000000000' }), { ok: true, Code: 201 })
    t.match(await auth.changeEmail({ Email: 'alice@new.example', Password: alice.Password }), { ok: true })
    t.match(await auth.confirmEmail({ Email: 'alice@new.example', VerifyCode: await world.codeFor('alice@new.example') }), { ok: true })
    t.match(await auth.changePassword({ OldPassword: alice.Password, NewPassword: 'a better one' }), { ok: true })
    t.match(await auth.exportAccount(), { ok: true, Account: { Email: 'alice@new.example' } })
    t.match(await auth.admin.listUsers(), { ok: false, error: 'Forbidden', Code: 403 })
    t.match(await auth.logout(), { ok: true })
    t.equal(await auth.signedIn(), false)
    t.match(await auth.checkToken(), { ok: false, error: 'Unauthorized', Code: 401 })

    t.match(await auth.resetPassword({ Email: 'alice@new.example' }), { ok: true })
    t.match(await auth.updatePassword({ Email: 'alice@new.example', Password: 'the best one', VerifyCode: await world.codeFor('alice@new.example') }), { ok: true })
    t.match(await auth.login({ Email: 'alice@new.example', Password: 'the best one' }), { ok: true })
    t.match(await auth.deleteAccount({ Password: 'wrong' }), { ok: false, error: 'LoginFailed' })
    t.match(await auth.deleteAccount({ Password: 'the best one' }), { ok: true })
    t.same(changes, [true, false, true, false])

    t.notMatch(JSON.stringify(sent), /correct horse|better one|best one/, 'what was typed never left')
  })
}
