import t from 'tap'
import { headersOf } from '../../src/mail/headers.ts'
import { brandOf } from '../../src/brand.ts'
import { build, digest, modes } from '../helper.ts'
import { startSmtp } from '../support/smtp.ts'

const person = (name: string) => ({ Name: name, Email: `${name}@example.com`, Password: digest(name) })
const english = { headers: { 'accept-language': 'en' } }

for (const mode of modes) {
  t.test(`${mode}: every mail says that a machine sent it, whose it is, in which language, and what it is called`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, { ...smtp.settings, BRAND_NAME: '云笺, "纸"', BRAND_NAME_EN: 'Cloud <Paper>' })
    await world.post('/Auth/Sign', person('alice'))
    await world.post('/Auth/Sign', person('bob'), english)
    const [zh = {}, en = {}] = smtp.mails.map(({ headers }) => headers)
    for (const [headers, language] of [[zh, 'zh-CN'], [en, 'en']] as const) {
      t.match(headers, {
        'auto-submitted': 'auto-generated',
        'x-auto-response-suppress': 'All',
        'content-language': language,
        'list-id': '<noreply.dream.example>',
        'message-id': /^<[0-9a-f-]{30,}@dream\.example>$/,
        'mime-version': '1.0'
      })
      t.ok(Math.abs(Date.parse(headers.date ?? '') - Date.now()) < 60_000, String(headers.date))
      t.strictSame(Object.keys(headers).filter(name => /^(list-unsubscribe.*|precedence|x-mailer|user-agent|received|reply-to|cc|bcc|feedback-id|x-originating-ip)$/.test(name)), [])
    }
    t.not(zh['message-id'], en['message-id'])
    t.match(smtp.mails[1]?.headers.from, '"Cloud <Paper>" <noreply@dream.example>')
    t.match(smtp.sources[0] ?? '', /^From: =\?UTF-8\?.*\?= <noreply@dream\.example>\r$/m, 'the name in Chinese is encoded (RFC 2047)')
    t.match(zh.from, '<noreply@dream.example>')
  })
}

t.test('a mail is plain ASCII with lines of at most 78 characters, whatever server it passes', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', { ...smtp.settings, BRAND_NAME: '一个相当长的产品名称'.repeat(4), BRAND_URL: `https://dream.example/${'x'.repeat(170)}` })
  await world.post('/Auth/Sign', person('alice'))
  await world.post('/Auth/Sign', person('bob'), english)
  for (const source of smtp.sources) {
    t.match(source, /^[\t\r\n\x20-\x7e]*$/)
    t.strictSame(source.split('\r\n').filter(line => line.length > 78), [])
    t.equal(source.replaceAll('\r\n', '').match(/[\r\n]/), null)
  }
  t.match(smtp.mails.map(({ subject }) => subject), [/^【(一个相当长的产品名称){4}】注册验证码 \d{6}$/, /^Your (一个相当长的产品名称){4} sign-up code: \d{6}$/], 'the long subject comes through whole')
})

t.test('a mail with an id of its own has the same Message-ID whenever it is sent', async t => {
  const brand = brandOf({ BRAND_NAME: 'Dream', BRAND_NAME_EN: 'Dream', BRAND_COLOR: '#5b4fc7' })
  t.equal(headersOf({ to: 'a@example.com', language: 'en', id: '0198c0de' }, 'noreply@dream.example', brand).messageId, '<0198c0de@dream.example>')
})
