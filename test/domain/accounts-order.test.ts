import t, { type Test } from 'tap'
import { build, digest, modes, type Mode, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const nobody = { Name: 'Nobody', Email: 'nobody@example.com', Password: alice.Password }
const VerifyCode = '000000'

const MAILS = 60
const GUESSES = 100

/** A service where one network has used up what it may ask for. */
async function exhausted (t: Test, mode: Mode, hide: boolean): Promise<World> {
  const world = await build(t, mode, { HIDE_ACCOUNTS: String(hide) })
  await world.register(alice, { from: '10.1.0.1' })
  const mails = Array.from({ length: MAILS }, () => world.post('/Auth/ResetPassword', { Email: 'spare@example.com' }, { from: '10.0.0.1' }))
  const guesses = Array.from({ length: GUESSES }, () => world.post('/Auth/Verify', { ...nobody, VerifyCode }, { from: '10.0.0.1' }))
  await Promise.all([...mails, ...guesses])
  return world
}

for (const mode of modes) {
  for (const hide of [false, true]) {
    t.test(`${mode}, HIDE_ACCOUNTS=${hide}: shape comes before the throttle, and the throttle before existence and codes`, async t => {
      const world = await exhausted(t, mode, hide)
      const from = { from: '10.0.0.1' }
      for (const [route, body] of [
        ['/Auth/Sign', alice],
        ['/Auth/ResetPassword', { Email: nobody.Email }],
        ['/Auth/Verify', { ...alice, VerifyCode }],
        ['/Auth/UpdatePassword', { Email: nobody.Email, Password: alice.Password, VerifyCode }]
      ] as const) {
        t.match(await world.post(route, { ...body, Email: 'none' }, from), { status: 400, body: { Code: 400 } }, route)
        const answer = await world.post(route, body, from)
        t.match(answer, { status: 429, body: { Code: 429 } }, route)
        t.equal(String(answer.body.RetryAfter), String(answer.headers['retry-after']))
        t.not((await world.post(route, body, { from: '10.0.0.2' })).status, 429, `${route} from another network`)
      }
    })
  }

  t.test(`${mode}: a password that has to be a digest is a matter of shape: 400 before 429`, async t => {
    const world = await build(t, mode, { REQUIRE_PASSWORD_DIGEST: 'true' })
    for (let i = 0; i < 10; i++) await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 429)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: 'a plain password' })).body.Code, 400)
  })

  t.test(`${mode}: the cooldown comes before existence`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    t.equal((await world.post('/Auth/Sign', nobody)).body.Code, 200)
    t.equal((await world.post('/Auth/Sign', { ...nobody, Name: alice.Name })).body.Code, 429)
  })

  t.test(`${mode}: with HIDE_ACCOUNTS=false existence comes before the code`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.post('/Auth/Sign', nobody)
    const right = await world.codeFor(nobody.Email)
    for (const code of [VerifyCode, right]) {
      t.match((await world.post('/Auth/Verify', { ...alice, Name: 'Other', VerifyCode: code })).body, { Code: 502, Field: 'Email' })
      t.match((await world.post('/Auth/Verify', { ...nobody, Name: 'alice', VerifyCode: code })).body, { Code: 502, Field: 'Name' })
      t.match((await world.post('/Auth/Verify', { ...alice, VerifyCode: code })).body, { Code: 502, Field: 'Email' }, 'Email where both are taken')
      t.equal((await world.post('/Auth/UpdatePassword', { Email: nobody.Email, Password: alice.Password, VerifyCode: code })).body.Code, 503)
    }
  })

  t.test(`${mode}: R4: with HIDE_ACCOUNTS=true the code comes before existence`, async t => {
    const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 521)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: nobody.Email, Password: alice.Password, VerifyCode })).body.Code, 521)
    await world.post('/Auth/Sign', alice)
    await world.post('/Auth/ResetPassword', { Email: nobody.Email })
    const wrong = async (email: string): Promise<string> => await world.codeFor(email) === '000000' ? '000001' : '000000'
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: await wrong(alice.Email) })).body.Code, 520)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: nobody.Email, Password: alice.Password, VerifyCode: await wrong(nobody.Email) })).body.Code, 520)
  })
}
