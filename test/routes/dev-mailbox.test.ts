import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: alice.Password }
/** No mail server: the mails stay here. */
const mailbox = { EMAIL_SMTP_SERVER: '' }
const pages = ['/dev/mailbox', '/dev/mailbox.json', '/dev/mailbox/previews', '/dev/mailbox/previews.json']
const nothingThere = { Code: 404, Msg: '接口不存在' }

for (const mode of modes) {
  t.test(`${mode}: the development mailbox lists the mails, newest first, for everybody or for one address in any spelling`, async t => {
    const world = await build(t, mode, mailbox)
    t.strictSame((await world.get('/dev/mailbox.json')).body, { Code: 200, Msg: '成功', Mails: [] })
    await world.post('/Auth/Sign', alice)
    await world.post('/Auth/Sign', bob, { headers: { 'accept-language': 'en' } })
    const { status, headers, body } = await world.get('/dev/mailbox.json')
    t.equal(status, 200)
    t.equal(headers['content-type'], 'application/json; charset=utf-8')
    const mails = Object.values(body.Mails ?? [])
    t.strictSame(mails.map(({ To }) => To), [bob.Email, alice.Email])
    for (const mail of mails) {
      t.strictSame(Object.keys(mail).sort(), ['Html', 'SentAt', 'Subject', 'Text', 'To'])
      const [code = 'none'] = /\b\d{6}\b/.exec(mail.Text) ?? []
      t.match(mail.Subject, new RegExp(`${code}$`))
      t.ok(mail.Html.includes(code))
      t.equal(new Date(mail.SentAt).toISOString(), mail.SentAt)
    }
    for (const To of ['alice@example.com', 'ALICE@Example.com', '%20alice%40example.com']) {
      t.strictSame((await world.get(`/dev/mailbox.json?To=${To}`)).body.Mails, mails.slice(1), To)
    }
    t.strictSame((await world.get('/dev/mailbox.json?To=nobody@example.com')).body.Mails, [])
  })

  t.test(`${mode}: a query of the mailbox is checked like a body`, async t => {
    const world = await build(t, mode, mailbox)
    for (const [query, Field, Reason] of [['To=a&To=b', 'To', 'must be a string'], ['to=a', 'to', 'is not a known field'], ['To=a&x=1', 'x', 'is not a known field'], [`To=${'a'.repeat(201)}`, 'To', 'must have at most 200 characters']] as const) {
      t.strictSame((await world.get(`/dev/mailbox.json?${query}`, { headers: { 'accept-language': 'en' } })).body, { Code: 400, Msg: 'Bad request', Details: [{ Field, Reason }] }, query.slice(0, 20))
    }
  })

  t.test(`${mode}: the page of the mailbox loads nothing from elsewhere and runs no script but its own`, async t => {
    const world = await build(t, mode, mailbox)
    for (const url of ['/dev/mailbox', '/dev/mailbox/previews']) {
      const { status, headers, text } = await world.get(url)
      t.equal(status, 200)
      t.equal(headers['content-type'], 'text/html; charset=utf-8')
      const policy = String(headers['content-security-policy'])
      const [, nonce = 'none'] = /script-src 'nonce-([A-Za-z0-9+/=]{22,})'/.exec(policy) ?? []
      t.match(policy, /^default-src 'none'; /)
      t.strictSame([...text.matchAll(/<script[^>]*>/g)].map(([tag]) => tag), [`<script nonce="${nonce}">`])
      t.notMatch(text, /https?:|src=|@import/)
      t.notOk((await world.get(url)).text.includes(nonce), 'a nonce is used once')
    }
  })

  t.test(`${mode}: the previews are every mail in both languages, as it would be sent, with made-up values`, async t => {
    const world = await build(t, mode, { ...mailbox, EMAIL_SENDER: 'noreply@dream.example', BRAND_NAME: '云笺', BRAND_NAME_EN: 'Cloud Paper', VERIFY_CODE_TTL: '120' })
    const { status, body } = await world.get('/dev/mailbox/previews.json')
    t.equal(status, 200)
    t.notOk('Fault' in body)
    const previews = Object.values(body.Previews ?? [])
    t.equal(previews.length, 16)
    t.equal(new Set(previews.map(({ Name, Language }) => `${Language}/${Name}`)).size, 16)
    t.match(previews.find(({ Name, Language }) => Name === 'code-reset' && Language === 'en'), {
      Subject: 'Your Cloud Paper password reset code: 048213',
      Text: /valid for 2 minutes/,
      Html: /048213/,
      Headers: [{ Name: 'From', Value: 'Cloud Paper <noreply@dream.example>' }, { Name: 'To' }, { Name: 'Subject' }, { Name: 'List-Id', Value: '<noreply.dream.example>' }, { Name: 'Auto-Submitted' }]
    })
    t.strictSame((await world.get('/dev/mailbox.json')).body.Mails, [], 'none of them is mailed')
  })

  t.test(`${mode}: the mailbox does not exist for anybody but a browser on this machine`, async t => {
    const world = await build(t, mode, { ...mailbox, TRUST_PROXY: '127.0.0.1,10.0.0.1' })
    await world.post('/Auth/Sign', alice)
    for (const url of pages) {
      for (const from of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1']) t.equal((await world.get(url, { from })).status, 200, from)
      for (const from of ['10.0.0.1', '192.168.1.2', '198.51.100.7', '::ffff:10.0.0.1', 'fe80::1', '2001:db8::1']) t.strictSame((await world.get(url, { from })).body, nothingThere, from)
      for (const [name, value] of [['x-forwarded-for', '127.0.0.1'], ['forwarded', 'for=127.0.0.1'], ['x-forwarded-host', 'localhost'], ['x-real-ip', '127.0.0.1'], ['via', '1.1 proxy'], ['host', 'evil.example'], ['host', 'localhost.evil.example']] as const) {
        t.strictSame((await world.get(url, { headers: { [name]: value } })).body, nothingThere, `${name}: ${value}`)
      }
      t.equal((await world.get(url, { headers: { host: 'localhost:8888' } })).status, 200)
    }
  })

  t.test(`${mode}: there is no mailbox where mails leave`, async t => {
    const world = await build(t, mode, { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_INSECURE: 'true', EMAIL_SENDER: 'noreply@dream.example' })
    for (const url of pages) t.strictSame((await world.get(url)).body, nothingThere)
  })
}
