import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const english = { headers: { 'accept-language': 'en-GB,en;q=0.9' } }

for (const mode of modes) {
  t.test(`${mode}: the mail comes from the sender, to the address alone, in text and HTML, marked as sent by a machine`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    t.match(await world.post('/Auth/Sign', alice), { status: 200, body: { Code: 200 } })

    const [mail] = smtp.mails
    const code = /\d{6}/.exec(mail?.subject ?? '')?.[0] ?? 'none'
    t.equal(smtp.mails.length, 1)
    t.strictSame(smtp.envelopes, [{ from: smtp.settings.EMAIL_SENDER, to: [alice.Email] }])
    t.match(mail?.headers, {
      from: `<${smtp.settings.EMAIL_SENDER}>`,
      to: alice.Email,
      'auto-submitted': 'auto-generated',
      'content-type': 'multipart/alternative'
    })
    t.notOk(['cc', 'bcc', 'reply-to'].some(header => header in (mail?.headers ?? {})))
    t.match(mail?.text.split(/\r?\n/), new Set([code]))
    t.match(mail?.html, `>${code}<`)
    t.strictSame(smtp.connections, { opened: 1, secured: 1 }, 'over TLS')
    t.match(await world.post('/Auth/Verify', { ...alice, VerifyCode: code }), { body: { Code: 200 } })
  })
}

t.test('the language of a mail is that of the request, Chinese by default', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', smtp.settings)
  await world.post('/Auth/Sign', alice)
  await world.post('/Auth/Verify', { ...alice, VerifyCode: /\d{6}/.exec(smtp.mails[0]?.subject ?? '')?.[0] })
  await world.post('/Auth/Sign', { ...alice, Name: 'Bob', Email: 'bob@example.com' }, english)
  await world.post('/Auth/ResetPassword', { Email: alice.Email }, english)
  t.match(smtp.mails, [
    { subject: /^【Dream 记梦】注册验证码 \d{6}$/, text: /5 分钟内有效/, html: '<html lang="zh-CN"' },
    { subject: /^Your Dream sign-up code: \d{6}$/, text: /valid for 5 minutes/, html: '<html lang="en"' },
    { subject: /^Your Dream password reset code: \d{6}$/, text: /reset your Dream password/, html: '<html lang="en"' }
  ])
})

for (const mode of modes) {
  t.test(`${mode}: I6: RCPT TO and the To header equal the address, whatever its characters mean elsewhere`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    const addresses = ["o'brien+tag@example.com", '{a|b}~c=d@example.com', '#!$%&*/?^_`@example.com', 'a@xn--fiqs8s.example', `${'x'.repeat(64)}@example.com`]
    for (const [i, Email] of addresses.entries()) t.match(await world.post('/Auth/Sign', { ...alice, Name: `n${i}`, Email }), { body: { Code: 200 } }, Email)
    t.strictSame(smtp.envelopes.map(({ to }) => to), addresses.map(address => [address]))
    t.strictSame(smtp.mails.map(({ headers }) => headers.to), addresses)
  })

  t.test(`${mode}: I7: what a client sends, the address aside, is in no mail`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    const hostile = '<script>alert(1)</script>&$`'
    t.match(await world.post('/Auth/Sign', { ...alice, Name: hostile }), { body: { Code: 200 } })
    for (const Email of ['a@example.com\r\nBcc: eve@example.com', 'a@example.com, eve@example.com', '<eve@example.com>', '"a"@example.com']) {
      t.match(await world.post('/Auth/Sign', { ...alice, Email }), { status: 400 }, JSON.stringify(Email))
    }
    t.match(await world.post('/Auth/Sign', { ...alice, Name: 'A\r\nBcc: eve@example.com' }), { status: 400 })
    const [{ subject, text, html } = { subject: '', text: '', html: '' }] = smtp.mails
    t.equal(smtp.mails.length, 1)
    t.notMatch([subject, text, html, smtp.sources[0]].join('\n'), /script|alert|eve@|Alice/)
  })

  t.test(`${mode}: P5: no name a client gives the host or the origin shows up in a mail`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, { ...smtp.settings, TRUST_PROXY: '127.0.0.1' })
    const evil = 'evil.example.net'
    const headers = { host: evil, 'x-forwarded-host': evil, 'x-forwarded-proto': evil, 'x-forwarded-for': '203.0.113.9', forwarded: `host=${evil}`, origin: `https://${evil}`, referer: `https://${evil}/`, 'user-agent': evil }
    t.match(await world.post('/Auth/Sign', alice, { headers }), { body: { Code: 200 } })
    t.match(await world.post('/Auth/Verify', { ...alice, VerifyCode: /\d{6}/.exec(smtp.mails[0]?.subject ?? '')?.[0] }), { body: { Code: 200 } })
    t.match(await world.post('/Auth/ResetPassword', { Email: alice.Email }, { headers }), { body: { Code: 200 } })
    t.equal(smtp.mails.length, 2)
    t.notMatch([...smtp.sources, ...smtp.mails.flatMap(({ text, html }) => [text, html])].join('\n'), /evil|203\.0\.113/)
  })
}

t.test('mails share connections: many in a row take one, and at most five are open at once', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', smtp.settings)
  const sign = (i: number) => world.post('/Auth/Sign', { ...alice, Name: `n${i}`, Email: `n${i}@example.com` })
  for (let i = 0; i < 6; i++) await sign(i)
  t.equal(smtp.connections.opened, 1)

  let open = 0
  let most = 0
  const busy = await startSmtp(t, { onConnect (_session, callback) { most = Math.max(most, ++open); callback() }, onClose () { open-- } })
  const other = await build(t, 'embedded', busy.settings)
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => other.post('/Auth/Sign', { ...alice, Name: `n${i}`, Email: `n${i}@example.com` })))
  t.strictSame(answers.map(({ body }) => body.Code), Array(20).fill(200))
  t.strictSame(busy.envelopes.map(({ to }) => to.join()).sort(), Array.from({ length: 20 }, (_, i) => `n${i}@example.com`).sort(), 'each is mailed once')
  t.ok(most >= 1 && most <= 5, `${most} connections at once`)
})

t.test('a mail goes out although the server has closed the idle connection, or was restarted, since the last one', async t => {
  const first = await startSmtp(t)
  const world = await build(t, 'embedded', first.settings)
  t.match(await world.post('/Auth/Sign', alice), { body: { Code: 200 } })
  await first.stop()
  const second = await startSmtp(t, {}, Number(first.settings.EMAIL_SMTP_PORT))
  t.match(await world.post('/Auth/Sign', { ...alice, Name: 'Bob', Email: 'bob@example.com' }), { body: { Code: 200 } })
  t.match(second.mails, [{ to: 'bob@example.com' }])
})
