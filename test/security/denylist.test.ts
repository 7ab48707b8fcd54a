import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice Liddell', Email: 'alice.l@example.com', Password: digest('correct horse battery staple') }
const refusal = { status: 400, body: { Code: 400, Details: [{ Field: 'Password', Reason: '密码过于常见，或与邮箱、昵称太接近，请换一个' }] } }
const english = { headers: { 'accept-language': 'en' } }

/** Common ones, in either form, and those that are the owner's own words. */
const guessable = [
  '123456789', digest('123456'), digest('123456').toUpperCase(), 'password1', digest('Password1'), digest('woaini1314'), digest('5201314'), digest('a123456'), digest(''),
  alice.Email, digest(alice.Email), digest('alice.l'), digest('Alice Liddell'), digest('alice liddell'), digest('aliceliddell')
]

for (const mode of modes) {
  t.test(`${mode}: C3: with PASSWORD_DENYLIST=on a common password, or one of its owner's own words, can be chosen nowhere, and costs neither mail nor code`, async t => {
    const world = await build(t, mode, { PASSWORD_DENYLIST: 'on' })
    for (const Password of guessable) {
      t.match(await world.post('/Auth/Sign', { ...alice, Password }), refusal, Password)
      t.match(await world.post('/Auth/Verify', { ...alice, Password, VerifyCode: '000000' }), refusal, Password)
    }
    t.match(await world.post('/Auth/Sign', { ...alice, Password: 'password1' }, english), { body: { Details: [{ Reason: 'is a common password or too close to your name or address: choose another' }] } })
    t.strictSame(await world.mails(), [])
    await world.register(alice)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const VerifyCode = await world.codeFor(alice.Email)
    for (const Password of guessable) t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password, VerifyCode }), refusal, Password)
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('a password nobody else has'), VerifyCode }), { body: { Code: 200 } }, 'the code is as good as it was')
  })

  t.test(`${mode}: C3: without a right code UpdatePassword does not tell that a password is the account's name`, async t => {
    const world = await build(t, mode, { PASSWORD_DENYLIST: 'on' })
    await world.register(alice)
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest(alice.Name), VerifyCode: '000000' }), { body: { Code: 521 } })
  })

  t.test(`${mode}: C3: a common password that somebody has already still logs in`, async t => {
    const world = await build(t, mode)
    await world.register({ ...alice, Password: digest('123456') })
    const { DB_NAME, DATA_DIR } = world.config
    if (mode === 'embedded') await world.app.close()
    const strict = await build(t, mode, { PASSWORD_DENYLIST: 'on', DB_NAME, DATA_DIR, JWT_SECRET_KEY: world.config.JWT_SECRET_KEY })
    t.match(await strict.post('/Auth/Login', { Email: alice.Email, Password: digest('123456') }), { body: { Code: 200 } })
  })

  t.test(`${mode}: C3, G2: by default a common password is let through outside production, with a warning that does not show it`, async t => {
    const world = await build(t, mode)
    await world.register({ ...alice, Password: digest('123456') })
    const warnings = world.log().split('\n').filter(line => line.includes('common password was let past'))
    t.equal(warnings.length, 2, 'one for Sign and one for Verify')
    t.notMatch(world.log(), new RegExp(`${digest('123456')}|${alice.Email}`))
    const off = await build(t, mode, { PASSWORD_DENYLIST: 'off' })
    await off.register({ ...alice, Password: digest('123456') })
    t.notMatch(off.log(), /common password/)
  })

  t.test(`${mode}: C3, F1: a common first password of the super administrator stops the start, and is not shown`, async t => {
    const settings = { PASSWORD_DENYLIST: 'on', BOOTSTRAP_ADMIN_EMAIL: 'root@example.com' }
    const refused = await build(t, mode, { ...settings, BOOTSTRAP_ADMIN_PASSWORD: 'password123' }).catch((error: unknown) => String(error))
    t.match(refused, /BOOTSTRAP_ADMIN_PASSWORD is a common password/)
    t.notMatch(refused, /password123/)
    await build(t, mode, { ...settings, BOOTSTRAP_ADMIN_PASSWORD: 'a password nobody else has' })
  })
}
