import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { until } from '../support/faults.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('what Bob has chosen') }
const renewed = digest('a better password')
const bearer = (token: string): object => ({ headers: { authorization: `Bearer ${token}` } })

for (const mode of modes) {
  t.test(`${mode}: P1: a reset that is asked for, or guessed at, changes nothing: row, password and tokens are what they were`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    const before = await world.rows('SELECT * FROM Users')
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email, Password: renewed })).body.Code, 200)
    const right = Number(await world.codeFor(alice.Email))
    for (let i = 1; i <= 5; i++) {
      t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: String((right + i) % 1_000_000).padStart(6, '0') })).body.Code, 520)
    }
    t.strictSame(await world.rows('SELECT * FROM Users'), before)
    t.equal((await world.get('/CheckJWTToken', bearer(token))).status, 200)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: renewed })).body.Code, 501)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 200)
  })

  t.test(`${mode}: P2: somebody else's code changes nobody's password, not even where both have asked`, async t => {
    const world = await build(t, mode)
    for (const person of [alice, bob]) await world.register(person)
    for (const { Email } of [alice, bob]) await world.post('/Auth/ResetPassword', { Email })
    const [own, victims] = [await world.codeFor(bob.Email), await world.codeFor(alice.Email)]
    if (own !== victims) t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: own })).body.Code, 520)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: bob.Email, Password: renewed, VerifyCode: own })).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: renewed })).body.Code, 501)
  })

  t.test(`${mode}: P3: where no reset is outstanding no code is right: before one was asked for, after it was used, and after its time`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const update = async (VerifyCode: string, Password = renewed): Promise<number> => (await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password, VerifyCode })).body.Code
    for (const VerifyCode of ['000000', '123456', '999999', await world.codeFor(alice.Email)]) t.equal(await update(VerifyCode), 521)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const used = await world.codeFor(alice.Email)
    t.equal(await update(used), 200)
    t.equal(await update(used, digest('another')), 521)
    await world.pass(60_000)
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
    const late = await world.codeFor(alice.Email)
    await world.pass(300_000)
    t.equal(await update(late, digest('another')), 521)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: renewed })).body.Code, 200)
  })

  t.test(`${mode}: P4: a reset ends every token there is, also those of the same second, and returns none; the others' go on`, async t => {
    const world = await build(t, mode)
    for (const person of [alice, bob]) await world.register(person)
    const tokens = [await world.login(alice), await world.login(alice), await world.login(alice)]
    const bobs = await world.login(bob)
    for (const token of tokens) t.equal((await world.get('/CheckJWTToken', bearer(token))).status, 200)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const answer = await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: await world.codeFor(alice.Email) })
    t.strictSame(answer.body, { Code: 200, Msg: '成功' })
    t.notOk(['set-cookie', 'authorization', 'x-auth-user-id'].some(name => name in answer.headers))
    t.notMatch(answer.text, /eyJ/)
    for (const token of tokens) t.equal((await world.get('/CheckJWTToken', bearer(token))).status, 401)
    t.equal((await world.get('/CheckJWTToken', bearer(bobs))).status, 200)
    t.equal((await world.get('/CheckJWTToken', bearer(await world.login({ ...alice, Password: renewed })))).status, 200)
  })

  t.test(`${mode}: P5: a mail is the same, letter for letter, whatever a client says about host, origin and proxy`, async t => {
    const world = await build(t, mode)
    for (const person of [alice, bob]) await world.register(person)
    const evil = 'evil.example.net'
    const headers = { host: evil, 'x-forwarded-host': evil, 'x-forwarded-proto': 'gopher', 'x-forwarded-port': '6666', 'x-forwarded-prefix': `/${evil}`, 'x-original-url': `//${evil}/`, 'x-rewrite-url': `//${evil}/`, forwarded: `for=1.2.3.4;host=${evil};proto=gopher`, origin: `https://${evil}`, referer: `https://${evil}/` }
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
    t.equal((await world.post(`/Auth/ResetPassword?host=${evil}`, { Email: bob.Email }, { headers })).body.Code, 200)
    const [plain, disturbed] = (await world.mails()).slice(-2).map(({ subject, text, html }) => [subject, text, html].map(part => part.replaceAll(/(?<!\d|#)\d{6}(?!\d)|(?<=")\d(?: \d){5}(?=")/g, '······')))
    t.ok(plain?.every(part => part.includes('······')), 'the code is where it is looked for')
    t.strictSame(disturbed, plain)
    t.notMatch((await world.mails()).map(({ text, html }) => text + html).join('\n'), /https?:/, 'and has no link that could lead elsewhere')
  })

  t.test(`${mode}: P4: a reset tells the owner by mail, in the language of the one who did it`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const update = { Email: alice.Email, Password: renewed, VerifyCode: await world.codeFor(alice.Email) }
    t.equal((await world.post('/Auth/UpdatePassword', update, { headers: { 'accept-language': 'en' } })).body.Code, 200)
    await until(async () => (await world.mails()).length === 3)
    const notice = (await world.mails()).at(-1)
    t.match(notice, { to: alice.Email, subject: 'Your Dream password was changed', text: /was changed on \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC/ })
    t.notMatch(`${notice?.text}${notice?.html}`, /https?:|\b\d{6}\b|Alice/, 'no link, no code, nothing that a client sent')
  })

  t.test(`${mode}: P4: a notice that cannot be mailed changes nothing of the reset, and is reported`, async t => {
    let refusing = false
    const smtp = await startSmtp(t, { onRcptTo: (_address, _session, callback) => { callback(refusing ? new Error('mailbox full') : null) } })
    const world = await build(t, mode, smtp.settings)
    const codeOf = (): string => /\b\d{6}\b/.exec(smtp.mails.at(-1)?.text ?? '')?.[0] ?? ''
    await world.post('/Auth/Sign', alice)
    await world.post('/Auth/Verify', { ...alice, VerifyCode: codeOf() })
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const VerifyCode = codeOf()
    refusing = true
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode })).body.Code, 200)
    await until(async () => /a notice was refused by the mail server/.test(world.log()))
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: renewed })).body.Code, 200)
  })

  t.test(`${mode}: P4, S1: a service that stops has sent its notices before`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    await world.post('/Auth/Sign', alice)
    await world.post('/Auth/Verify', { ...alice, VerifyCode: /\b\d{6}\b/.exec(smtp.mails[0]?.text ?? '')?.[0] })
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: /\b\d{6}\b/.exec(smtp.mails[1]?.text ?? '')?.[0] })
    await world.app.close()
    t.match(smtp.mails.at(-1)?.subject, /您的密码已更改/)
  })
}
