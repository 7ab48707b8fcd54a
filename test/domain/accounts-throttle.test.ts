import t from 'tap'
import { build, digest, modes, type Answer } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const right = { Email: alice.Email, Password: alice.Password }
const wrong = { Email: alice.Email, Password: digest('wrong') }
const MINUTE_S = 60

const codes = (answers: Answer[]): number[] => answers.map(({ body }) => body.Code)
const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value)

for (const mode of modes) {
  t.test(`${mode}: L1, L4: ten failed logins close an account to one network, even for the right password, and to no other network`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const login = (body: object, from: string): Promise<Answer> => world.post('/Auth/Login', body, { from })
    for (let i = 0; i < 10; i++) t.equal((await login(wrong, '10.0.0.1')).body.Code, 501)
    const refused = await login(right, '10.0.0.1')
    t.match(refused, { status: 429, body: { Code: 429, Msg: '请求过于频繁' } })
    const wait = Number(refused.headers['retry-after'])
    t.equal(refused.body.RetryAfter, wait)
    t.ok(wait > 0 && wait <= MINUTE_S, 'Retry-After says how long')
    t.equal((await login(right, '10.0.0.2')).body.Code, 200)
    t.equal((await login(right, '10.0.0.1')).body.Code, 429, 'a success elsewhere opens nothing here')
    t.equal((await login({ ...right, Email: 'bob@example.com' }, '10.0.0.1')).body.Code, 501, 'nor are other accounts closed')
  })

  t.test(`${mode}: L4: a success forgives the failures before it`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 9; i++) t.equal((await world.post('/Auth/Login', wrong)).body.Code, 501)
      t.equal((await world.post('/Auth/Login', right)).body.Code, 200)
    }
  })

  t.test(`${mode}: L4: a password reset opens the account to its owner's network again`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    for (let i = 0; i < 10; i++) await world.post('/Auth/Login', wrong)
    t.equal((await world.post('/Auth/Login', right)).body.Code, 429)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const renewed = { Email: alice.Email, Password: digest('a new password') }
    t.equal((await world.post('/Auth/UpdatePassword', { ...renewed, VerifyCode: await world.codeFor(alice.Email) })).body.Code, 200)
    t.equal((await world.post('/Auth/Login', renewed)).body.Code, 200)
  })

  t.test(`${mode}: L5: an unknown account is throttled like a known one`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const unknown = { ...wrong, Email: 'nobody@example.com' }
    for (let i = 0; i < 12; i++) {
      const [known, other] = [await world.post('/Auth/Login', wrong), await world.post('/Auth/Login', unknown)]
      t.equal(known.body.Code, i < 10 ? 501 : 429)
      t.strictSame([other.status, Object.keys(other.body), other.body.Code, other.body.Msg], [known.status, Object.keys(known.body), known.body.Code, known.body.Msg])
    }
  })

  t.test(`${mode}: L3, L6: every spelling of an address, and every spelling of a network, counts as one`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const spellings = ['alice@example.com', 'ALICE@EXAMPLE.COM', ' Alice@example.com', 'alice@Example.com ']
    const networks = ['2001:db8:0:1::1', '2001:db8:0:1:ffff::2', '2001:0db8:0000:0001::3']
    for (let i = 0; i < 10; i++) await world.post('/Auth/Login', { ...wrong, Email: spellings[i % 4] }, { from: networks[i % 3] ?? '' })
    t.equal((await world.post('/Auth/Login', right, { from: '2001:db8:0:1::9' })).body.Code, 429)
    t.equal((await world.post('/Auth/Login', right, { from: '2001:db8:0:2::9' })).body.Code, 200)
    for (let i = 0; i < 10; i++) await world.post('/Auth/Login', wrong, { from: i % 2 === 0 ? '192.0.2.1' : '::ffff:192.0.2.1' })
    t.equal((await world.post('/Auth/Login', right, { from: '192.0.2.1' })).body.Code, 429)
  })

  t.test(`${mode}: L6: a header that no configured proxy has set opens no new network`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    for (let i = 0; i < 10; i++) await world.post('/Auth/Login', wrong, { headers: { 'x-forwarded-for': `198.51.100.${i}`, forwarded: `for=198.51.100.${i}` } })
    t.equal((await world.post('/Auth/Login', right, { headers: { 'x-forwarded-for': '198.51.100.99' } })).body.Code, 429)
  })

  t.test(`${mode}: L2: of fifty wrong passwords at once, ten are tried`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const answers = await Promise.all(times(50, wrong).map(body => world.post('/Auth/Login', body)))
    t.strictSame(codes(answers).sort(), [...times(40, 429), ...times(10, 501)])
  })

  t.test(`${mode}: L1: a hundred failed logins from one network, whatever the accounts, close it for logins`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    for (let i = 0; i < 100; i++) t.equal((await world.post('/Auth/Login', { ...wrong, Email: `person${i}@example.com` }, { from: '10.0.0.1' })).body.Code, 501)
    t.equal((await world.post('/Auth/Login', right, { from: '10.0.0.1' })).body.Code, 429)
    t.equal((await world.post('/Auth/Login', right, { from: '10.0.0.2' })).body.Code, 200)
  })
}
