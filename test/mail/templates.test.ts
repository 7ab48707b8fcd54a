import t from 'tap'
import type { Language } from '../../src/catalogue.ts'
import type { Purpose } from '../../src/codes.ts'
import { codeMail } from '../../src/mail/code-mail.ts'
import { layout } from '../../src/mail/layout.ts'

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
      t.match(html, `<html lang="${language === 'zh' ? 'zh-CN' : 'en'}">`)
      t.notMatch(html, /<(script|link|img|iframe|object|form|a)\b|https?:|url\(|@import|\bon\w+=/i)
    })

    t.test(`${purpose} in ${language}: the mail says how many minutes the code lives`, async t => {
      const inWords = (minutes: string) => language === 'zh' ? `${minutes} 分钟` : `${minutes} minutes`
      for (const [seconds, minutes] of [[300, '5'], [600, '10'], [90, '1.5']] as const) {
        const { text, html } = mailOf(purpose, language, seconds)
        t.ok(text.includes(inWords(minutes)), `${seconds} s in the text`)
        t.ok(html.includes(inWords(minutes)), `${seconds} s in the HTML`)
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

t.test('I7: whatever text the layout is given is shown, never interpreted', async t => {
  const hostile = '"><script>alert(1)</script><b onload=\'x\'>&'
  const html = layout('en', { brand: hostile, title: hostile, intro: hostile, code: hostile, notes: [hostile] })
  t.notMatch(html, /<script|<b /)
  t.equal(html.split('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;b onload=&#39;x&#39;&gt;&amp;').length - 1, 7, 'each of the places it stands in')
})
