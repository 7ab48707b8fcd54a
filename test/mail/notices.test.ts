import t from 'tap'
import type { Language } from '../../src/catalogue.ts'
import type { Mail } from '../../src/mail/mail.ts'
import { networkOf } from '../../src/networks.ts'
import { mails } from '../support/mails.ts'

const { noticeMail } = mails()

const at = Date.parse('2026-11-25T23:58:31Z')
const until = at + 7 * 86_400_000
const to = 'alice@example.com'
const newEmail = 'mallory.of.many@example.org'

const notices: Record<string, (language: Language) => Mail> = {
  password_changed: language => noticeMail('password_changed', language, { to, at }),
  email_changed: language => noticeMail('email_changed', language, { to, at, newEmail, until }),
  email_restored: language => noticeMail('email_restored', language, { to, at }),
  new_network: language => noticeMail('new_network', language, { to, at, network: '203.0.113.7' }),
  account_deleted: language => noticeMail('account_deleted', language, { to, at })
}
const languages: Language[] = ['zh', 'en']

for (const [name, mailOf] of Object.entries(notices)) {
  for (const language of languages) {
    t.test(`${name} in ${language}: it goes to the owner, says when it happened, and its HTML part says what its text part says`, async t => {
      const mail = mailOf(language)
      t.equal(mail.to, to)
      t.match(mail.text, '2026-11-25 23:58 UTC')
      t.notMatch(mail.subject + mail.text + mail.html, /undefined|NaN|\[object|Invalid/)
      const shown = mail.html.replaceAll('&#39;', "'").replaceAll('&quot;', '"').replaceAll('&amp;', '&')
      for (const line of mail.text.split('\n').filter(line => line !== '' && !line.startsWith('—'))) t.ok(shown.includes(line), line)
      t.match(mail.html, `<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"`)
    })

    t.test(`${name} in ${language}: it holds no link, no code, and loads nothing`, async t => {
      const { subject, text, html } = mailOf(language)
      t.notMatch(html, /<(script|link|img|iframe|object|form|a)\b|https?:|url\(|@import|\bon\w+=/i)
      t.notMatch(subject + text, /https?:|www\.|\b[0-9]{6}\b/)
    })
  }

  t.test(`${name}: Chinese is Chinese, and English English`, async t => {
    t.match(mailOf('zh').subject + mailOf('zh').text, /[\u4e00-\u9fff]/)
    t.notMatch(mailOf('en').text + mailOf('en').subject.replace(/[【】]/g, ''), /[\u4e00-\u9fff]/)
  })
}

t.test('no two notices share a subject', async t => {
  const subjects = Object.values(notices).flatMap(mailOf => languages.map(language => mailOf(language).subject))
  t.equal(new Set(subjects).size, subjects.length)
})

t.test('a changed address is shown masked, with the days and the moment until which the way back is open', async t => {
  for (const language of languages) {
    const { text, html } = noticeMail('email_changed', language, { to, at, newEmail, until })
    for (const part of [text, html]) {
      t.match(part, 'm***@example.org')
      t.notMatch(part, 'mallory')
      t.match(part, '2026-12-02 23:58 UTC')
      t.match(part, language === 'zh' ? ' 7 天内' : 'within 7 days')
    }
  }
  t.match(noticeMail('email_changed', 'en', { to, at, newEmail: 'm@example.org', until }).text, ' m***@example.org ')
})

t.test('I7: a new network is named as the service counts it, whatever the client made its address look like', async t => {
  for (const language of languages) {
    const textFor = (address: string): string => noticeMail('new_network', language, { to, at, network: networkOf(address) }).text
    t.match(textFor('::ffff:203.0.113.7'), '203.0.113.7')
    t.match(textFor('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    t.match(textFor('<b>evil</b>\r\nBcc: eve@example.org'), language === 'zh' ? '未知网络' : 'an unknown one')
    t.notMatch(textFor('<b>evil</b>\r\nBcc: eve@example.org'), /evil|Bcc/)
  }
})
