import t from 'tap'
import type { Language } from '../../src/catalogue.ts'
import type { Purpose } from '../../src/codes.ts'
import { samplesOf } from '../../src/mail/samples.ts'
import { mails } from '../support/mails.ts'

const { codeMail, noticeMail } = mails()

const code = '012345'
const mailOf = (purpose: Purpose, language: Language, ttlSeconds = 300) => codeMail(purpose, language, { to: 'alice@example.com', code, ttlSeconds })
const purposes: Purpose[] = ['sign', 'reset', 'email']
const languages: Language[] = ['zh', 'en']

for (const purpose of purposes) {
  for (const language of languages) {
    t.test(`${purpose} in ${language}: the code closes the subject and stands alone on a line of the text`, async t => {
      const mail = mailOf(purpose, language)
      t.equal(mail.to, 'alice@example.com')
      t.match(mail.subject, new RegExp(`[^0-9]${code}$`))
      t.match(mail.text, new RegExp(`^${code}$`, 'm'))
      t.notMatch(mail.subject + mail.text + mail.html, /undefined|NaN|\[object/)
    })

    t.test(`${purpose} in ${language}: the HTML part says what the text part says`, async t => {
      const { text, html } = mailOf(purpose, language)
      const shown = html.replaceAll('&#39;', "'").replaceAll('&amp;', '&')
      for (const line of text.split('\n').filter(line => line !== '' && !line.startsWith('—'))) t.ok(shown.includes(line), line)
    })

    t.test(`${purpose} in ${language}: the HTML part loads nothing, runs nothing and links nowhere`, async t => {
      const { html } = mailOf(purpose, language)
      t.match(html, `<html lang="${language === 'zh' ? 'zh-CN' : 'en'}"`)
      t.notMatch(html, /<(script|link|img|iframe|object|form|a)\b|https?:|url\(|@import|\bon\w+=/i)
    })

    t.test(`${purpose} in ${language}: the mail says how long the code lives, in words`, async t => {
      for (const [seconds, zh, en] of [[300, '5 分钟', '5 minutes'], [600, '10 分钟', '10 minutes'], [60, '1 分钟', '1 minute'], [90, '90 秒', '90 seconds']] as const) {
        const { text, html } = mailOf(purpose, language, seconds)
        const life = language === 'zh' ? `${zh}内有效` : new RegExp(`valid for ${en}[.,]`)
        t.match(text, life, `${seconds} s in the text`)
        t.match(html, life, `${seconds} s in the HTML`)
      }
    })
  }

  t.test(`${purpose}: Chinese and English are told apart, and so are the purposes`, async t => {
    const subjects = new Set(purposes.flatMap(purpose => languages.map(language => mailOf(purpose, language).subject)))
    t.equal(subjects.size, purposes.length * languages.length)
    t.match(mailOf(purpose, 'zh').text, /[\u4e00-\u9fff]/)
    t.notMatch(mailOf(purpose, 'en').text + mailOf(purpose, 'en').subject.replace(/[【】]/g, ''), /[\u4e00-\u9fff]/)
  })
}

t.test('I7: whatever a brand is called, it is shown and never interpreted', async t => {
  const hostile = '"><script>x</script><b on=\'x\'>&{{code}}'
  for (const language of languages) {
    const { subject, text, html } = mails({ BRAND_NAME: hostile, BRAND_NAME_EN: hostile }).codeMail('sign', language, { to: 'alice@example.com', code, ttlSeconds: 300 })
    t.notMatch(html, /<script|<b /)
    t.ok(html.includes('&quot;&gt;&lt;script&gt;x&lt;/script&gt;&lt;b on=&#39;x&#39;&gt;&amp;{{code}}'))
    t.ok(text.includes(hostile))
    t.ok(subject.includes(hostile))
  }
})

t.test('the brand stands in the subject, the text and the HTML of every mail, in its language', async t => {
  const branded = mails({ BRAND_NAME: '云笺', BRAND_NAME_EN: 'Cloud Paper', BRAND_COLOR: '#aa5500' })
  for (const { language, name, mail } of samplesOf(branded)) {
    for (const part of [mail.subject, mail.text, mail.html]) {
      t.match(part, language === 'zh' ? '云笺' : 'Cloud Paper', name)
      t.notMatch(part, /Dream|记梦/)
    }
    t.match(mail.html, 'bgcolor="#aa5500"')
  }
})

t.test('BRAND_URL closes the mails with a code, and is in no notice', async t => {
  for (const { name, mail } of samplesOf(mails({ BRAND_URL: 'https://dream.example/?a=1&b=2' }))) {
    const expected = name.startsWith('code-')
    t.equal(mail.text.includes('https://dream.example/?a=1&b=2'), expected, name)
    t.equal(mail.html.includes('href="https://dream.example/?a=1&amp;b=2"'), expected, name)
    t.notMatch(mail.html, /(src|background)=|url\(|@import/)
  }
})

t.test('no mail is larger than Gmail shows, nor is its style', async t => {
  for (const { name, mail } of samplesOf(mails())) {
    t.ok(Buffer.byteLength(mail.html) < 20_000, `${name}: ${Buffer.byteLength(mail.html)} bytes`)
    t.ok([...mail.html.matchAll(/<style>([^]*?)<\/style>/g)].reduce((sum, [, style = '']) => sum + style.length, 0) < 8_192)
  }
})

t.test('a screen reader is given the code digit by digit', async t => {
  for (const language of languages) t.match(mailOf('sign', language).html, new RegExp(`aria-label="0 1 2 3 4 5"[^>]*>${code}<`))
})

t.test('what an inbox shows behind the subject is not the beginning of the code', async t => {
  for (const { name, language, mail } of samplesOf(mails())) {
    const [, preview = ''] = /mso-hide:all"[^>]*>([^&]*)&#847;/.exec(mail.html) ?? []
    t.ok(preview.length > 5, `${language}/${name}: ${preview}`)
    t.notMatch(preview, /\d{6}/)
  }
  t.ok(noticeMail('account_deleted', 'en', { to: 'a@example.com', at: 0 }).html.includes('>Your Dream account and everything'))
})
