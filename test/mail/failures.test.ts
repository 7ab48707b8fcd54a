import type { SMTPServerOptions } from 'smtp-server'
import t, { type Test } from 'tap'
import { build, digest, modes, type Answer, type World } from '../helper.ts'
import { until } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { freePort } from '../support/services.ts'
import { refusal, startSmtp, type TestSmtp } from '../support/smtp.ts'

const admin = { Email: 'root@example.com', Password: digest('the operator') }
const owner = { BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password }
const person = (name: string) => ({ Name: name, Email: `${name}@example.com`, Password: digest('correct horse battery staple') })
const codeIn = (smtp: TestSmtp, email: string): string => /\d{6}$/.exec(smtp.mails.findLast(({ to }) => to === email)?.subject ?? '')?.[0] ?? 'none'

/** Asks, again where a busy machine kept database or Redis: the mail is the subject. */
const post = (world: World, path: string, body: object, asking?: Parameters<World['post']>[2]): Promise<Answer> => patiently(() => world.post(path, body, asking))

/** 518, and the code that was made is void whether or not somebody has read it. */
async function refuses (t: Test, world: World, name: string, code = '000000'): Promise<void> {
  t.match(await post(world, '/Auth/Sign', person(name)), { status: 200, body: { Code: 518, Msg: '邮件发送失败' } }, `${name}: 518`)
  t.match(await post(world, '/Auth/Verify', { ...person(name), VerifyCode: code }), { body: { Code: 521 } }, `${name}: the code is void`)
  t.match(await post(world, '/Auth/Login', admin), { body: { Code: 202 } }, `${name}: logins are not affected`)
}

/** At once, with no wait for a cooldown. */
async function delivers (t: Test, world: World, smtp: TestSmtp, name: string): Promise<void> {
  t.match(await post(world, '/Auth/Sign', person(name)), { body: { Code: 200 } }, `${name}: again at once`)
  t.match(await post(world, '/Auth/Verify', { ...person(name), VerifyCode: codeIn(smtp, person(name).Email) }), { body: { Code: 200 } }, `${name}: and the account is made`)
}

/** A server that did not answer is looked at in the background, and not by the next mail. */
const found = (world: World): Promise<unknown> => until(async () => (await world.app.breakers.get('Mail')?.look())?.error === undefined)

// They wait most of the time, so they wait together.
t.jobs = 4

for (const mode of modes) {
  t.test(`${mode}: D4: whatever the server refuses, for now or for good: 518, the code void, the cooldown released, logins unaffected`, { buffered: true }, async t => {
    let stage = ''
    let replyCode = 0
    const at = (name: string): Error | null => stage === name ? refusal(replyCode) : null
    const options: SMTPServerOptions = {
      onConnect: (_session, callback) => { callback(at('greeting')) },
      onAuth: (_auth, _session, callback) => { callback(at('login'), { user: 'any' }) },
      onMailFrom: (_address, _session, callback) => { callback(at('sender')) },
      onRcptTo: (_address, _session, callback) => { callback(at('recipient')) }
    }
    const smtp = await startSmtp(t, options)
    const world = await build(t, mode, { ...smtp.settings, ...owner })
    for (const name of ['greeting', 'login', 'sender', 'recipient']) {
      for (const code of [421, 450, 550]) {
        smtp.hangUp()
        stage = name
        replyCode = code
        await refuses(t, world, `${name}${code}`)
        stage = ''
        await delivers(t, world, smtp, `${name}${code}`)
      }
    }
  })

  t.test(`${mode}: D4: a message refused after it was read is void, though its code was seen`, { buffered: true }, async t => {
    const seen: string[] = []
    let replyCode = 451
    const smtp = await startSmtp(t, {
      onData (stream, _session, callback) {
        let source = ''
        stream.on('data', chunk => { source += String(chunk) })
        stream.on('end', () => {
          seen.push(source)
          callback(refusal(replyCode))
        })
      }
    })
    const world = await build(t, mode, { ...smtp.settings, ...owner })
    for (replyCode of [421, 451, 552]) {
      const name = `data${replyCode}`
      t.match(await post(world, '/Auth/Sign', person(name)), { body: { Code: 518 } }, name)
      const code = /^(\d{6})\r$/m.exec(seen.at(-1) ?? '')?.[1] ?? Buffer.from(/base64\r\n\r\n([^-]+)/.exec(seen.at(-1) ?? '')?.[1] ?? '', 'base64').toString().match(/^\d{6}$/m)?.[0]
      t.match(code, /^\d{6}$/)
      t.match(await post(world, '/Auth/Verify', { ...person(name), VerifyCode: code }), { body: { Code: 521 } })
      t.match(await post(world, '/Auth/Sign', person(name)), { body: { Code: 518 } }, 'no cooldown')
    }
    t.equal(seen.length, 6)
  })

  t.test(`${mode}: D4: nobody listens, then somebody does`, { buffered: true }, async t => {
    const port = await freePort()
    const { settings } = await startSmtp(t)
    const world = await build(t, mode, { ...settings, ...owner, EMAIL_SMTP_PORT: String(port) })
    await refuses(t, world, 'bob')
    const smtp = await startSmtp(t, {}, port)
    await found(world)
    await delivers(t, world, smtp, 'bob')
  })

  t.test(`${mode}: D4: a failed reset mail leaves no reset code and no wait behind`, { buffered: true }, async t => {
    const port = await freePort()
    const { settings } = await startSmtp(t)
    const world = await build(t, mode, { ...settings, ...owner, EMAIL_SMTP_PORT: String(port) })
    const english = { headers: { 'accept-language': 'en' } }
    t.match(await post(world, '/Auth/ResetPassword', { Email: admin.Email }, english), { status: 200, body: { Code: 518, Msg: 'The mail could not be sent' } })
    t.match(await post(world, '/Auth/UpdatePassword', { ...admin, VerifyCode: '000000' }), { body: { Code: 521 } })
    const smtp = await startSmtp(t, {}, port)
    await found(world)
    t.match(await post(world, '/Auth/ResetPassword', { Email: admin.Email }), { body: { Code: 200 } })
    t.match(await post(world, '/Auth/UpdatePassword', { ...admin, VerifyCode: codeIn(smtp, admin.Email) }), { body: { Code: 200 } })
  })
}

t.test('D4: a wrong password is 518, and in no log', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', { ...smtp.settings, ...owner, EMAIL_PASSWORD: 'not-the-authorisation-code' })
  await refuses(t, world, 'bob')
  t.match(world.log(), /EAUTH|Invalid login/)
  t.notMatch(world.log(), /not-the-authorisation-code|bm90LXRoZS1hdXRob3Jpc2F0aW9uLWNvZGU/)
})
