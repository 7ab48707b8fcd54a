import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/config.ts'
import { brandVariables, htmlVariables, variables } from '../../src/mail/names.ts'
import { TemplateError } from '../../src/mail/template.ts'
import { build, digest, file } from '../helper.ts'
import { mails } from '../support/mails.ts'
import { emptyFolder } from '../support/program.ts'

const given = { to: 'alice@example.com', code: '012345', ttlSeconds: 300 }
const WORDING = 'Subject: Hello {{brand}} {{code}}\n\nCome in:\n\n{{code}}\n\nFor {{life}}.\n'

/** A folder with these files. */
function folderOf (t: Test, files: Record<string, string | Buffer>): string {
  const folder = emptyFolder(t)
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return folder
}

t.test('a file takes the place of one built-in template, and of no other', async t => {
  const own = mails({}, folderOf(t, { 'en/code-sign.txt': WORDING, 'README.md': 'of no concern', 'logo.png': 'likewise', 'drafts/ideas.txt': 'likewise', '.old/code-sign.txt': 'likewise' }))
  const sign = own.codeMail('sign', 'en', given)
  t.match(sign, { subject: 'Hello Dream 012345', text: 'Come in:\n\n012345\n\nFor 5 minutes.\n' })
  t.match(sign.html, />Come in:<[^]*>012345<[^]*>For 5 minutes\.</, 'the HTML part says the same, in the built-in layout')
  t.notMatch(sign.html, '<h1')
  for (const [purpose, language] of [['sign', 'zh'], ['reset', 'en']] as const) t.strictSame(own.codeMail(purpose, language, given), mails().codeMail(purpose, language, given))
})

t.test('an own layout is that of all mails, in both languages', async t => {
  const layout = '<html lang="{{language}}"><h1>{{heading}}</h1>{{#lead}}<p>{{.}}</p>{{/lead}}{{#code}}<b>{{code}}</b>{{/code}}{{#notes}}<i>{{.}}</i>{{/notes}}{{#zh}}自动发送{{/zh}}{{#en}}Sent by a machine{{/en}}<hr color="{{accent}}"></html>'
  const own = mails({ BRAND_NAME: 'A & B' }, folderOf(t, { 'layout.html': layout }))
  t.match(own.codeMail('reset', 'en', given).html, /^<html lang="en"><h1>Your password reset code<\/h1><p>You asked to reset your A &amp; B password\. Enter this code:<\/p><b>012345<\/b>.*Sent by a machine<hr color="#5b4fc7">/)
  t.match(own.noticeMail('account_deleted', 'zh', { to: given.to, at: 0 }).html, /^<html lang="zh-CN">(?!.*<b>).*自动发送/)
})

t.test('a mail may have HTML of its own, which shows the values of that mail too', async t => {
  const own = mails({}, folderOf(t, { 'zh/code-email.html': '<p>{{brand}}: <b>{{code}}</b>, {{life}}</p>\r\n' }))
  t.equal(own.codeMail('email', 'zh', given).html, '<p>Dream 记梦: <b>012345</b>, 5 分钟</p>\n')
  t.match(own.codeMail('email', 'zh', given).text, '更换')
})

t.test('what only looks like a file is not read, as it may have no end', async t => {
  const folder = folderOf(t, { 'en/code-reset.txt': WORDING })
  mkdirSync(join(folder, 'zh'))
  symlinkSync('/dev/null', join(folder, 'zh/code-sign.txt'))
  t.throws(() => mails({}, folder), { message: 'zh/code-sign.txt: it is no file' })
})

const faults: Array<[file: string, content: string | Buffer, complaint: RegExp]> = [
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{minutes}}'), /^en\/code-sign\.txt: line 7: \{\{minutes\}\} is unknown here; known are brand, url, code, life$/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{constructor}}'), /unknown/],
  ['en/code-sign.txt', WORDING.replace('{{brand}}', '{{name}}'), /line 1: \{\{name\}\} is unknown/],
  ['en/notice-password-changed.txt', WORDING, /\{\{code\}\} is unknown/],
  ['en/code-sign.txt', WORDING.replace('\n{{code}}\n', '\n'), /^en\/code-sign\.txt: \{\{code\}\} must stand alone/],
  ['en/code-sign.txt', WORDING.replace('\n\n{{code}}\n\n', ' {{code}} '), /must stand alone/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{life'), /line 7: unclosed tag/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{#life}}'), /unclosed section "life"/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{/life}}'), /unopened section "life"/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{>life}}'), /partial/],
  ['en/code-sign.txt', WORDING.replace('{{life}}', '{{=<% %>=}}'), /tags/],
  ['en/code-sign.txt', WORDING.replace('Subject: Hello', 'Subject: Hello\n  and more'), /line 2: .* each field is one line/],
  ['en/code-sign.txt', WORDING.replace('Subject: Hello', 'Subject: Hello\nBcc: eve@example.com'), /line 2: /],
  ['en/code-sign.txt', WORDING.replace('Subject: Hello', 'Subject: Hi\nSubject: Hello'), /twice/],
  ['en/code-sign.txt', WORDING.replace('Subject: Hello {{brand}} {{code}}', 'Heading: Hello'), /no "Subject/],
  ['en/code-sign.txt', 'Subject: Hello', /no text/],
  ['en/code-sign.txt', WORDING.replace('Hello', 'x'.repeat(150)), /subject must have 1 to 150/],
  ['en/code-sign.txt', WORDING.replace('Hello {{brand}} {{code}}', ''), /subject must have 1 to 150/],
  ['en/code-sign.txt', '', /begins with the lines/],
  ['en/code-sign.txt', Buffer.from([0xff, 0xfe, 0x41]), /^en\/code-sign\.txt: it is not UTF-8$/],
  ['en/code-sing.txt', WORDING, /^en\/code-sing\.txt: there is no mail of this name/],
  ['zh-CN/code-sign.txt', WORDING, /^zh-CN\/code-sign\.txt: mails are in the folders zh and en alone$/],
  ['sign.html', '<p>', /^sign\.html: there is no mail of this name; there are layout\.html$/],
  ['en/code-sign.html', '<p>{{{code}}}</p>', /^en\/code-sign\.html: line 1: a value that is not escaped/],
  ['en/code-sign.html', '<p>{{&code}}</p>', /not escaped/],
  ['en/code-sign.html', '<p>Hello</p>', /^en\/code-sign\.html: it does not show \{\{code\}\}$/],
  ['en/code-sign.html', `{{code}}${'x'.repeat(100_000)}`, /larger than 100000 bytes/],
  ['layout.html', '{{#lead}}{{.}}{{/lead}}{{#notes}}{{.}}{{/notes}}', /^layout\.html: it does not show \{\{code\}\}$/],
  ['layout.html', '<title>{{subject}}</title>{{#lead}}{{.}}{{/lead}}{{#notes}}{{.}}{{/notes}}', /does not show \{\{code\}\}/],
  ['layout.html', '{{code}}{{#lead}}{{.}}{{/lead}}', /^layout\.html: it does not show all of/],
  ['layout.html', '{{code}}{{.}}', /unknown/],
  ['layout.html', '{{life}}', /unknown/]
]

t.test('F1: a template that is wrong is refused with its file, its line and what is wrong', async t => {
  for (const [name, content, complaint] of faults) {
    const folder = folderOf(t, { [name]: content })
    t.throws(() => { mails({}, folder) }, new TemplateError(), name)
    try { mails({}, folder) } catch (error) {
      const { message } = error as Error
      t.match(message, complaint, name)
      t.ok(message.startsWith(`${name}: `), message)
      t.notMatch(message, /\n/)
      t.notOk(message.includes(folder))
    }
  }
  t.throws(() => { mails({}, join(emptyFolder(t), 'missing')) }, { message: 'the folder cannot be read (ENOENT)' })
  t.throws(() => { mails({}, folderOf(t, { en: 'a file' })) }, { message: 'en cannot be read (ENOTDIR)' })
})

t.test('docs/MAIL.md names every mail and every value, and the start of one built-in template as it is', async t => {
  const text = file('docs/MAIL.md')
  for (const [name, own] of Object.entries(variables)) {
    t.match(text, `| \`${name}\` |`)
    for (const value of own) t.match(text, `\`{{${value}}}\``)
  }
  for (const value of [...brandVariables, ...htmlVariables]) t.match(text, `\`{{${value}}}\``)
  t.match(text, file('templates/zh/code-sign.txt').split('\n').slice(0, 8).join('\n'))
})

t.test('F1: such a template stops the start, with the setting', async t => {
  const EMAIL_TEMPLATES_DIR = folderOf(t, { 'zh/code-sign.txt': WORDING.replace('{{life}}', '{{lief}}') })
  await t.rejects(build(t, 'embedded', { EMAIL_TEMPLATES_DIR }), new ConfigError('EMAIL_TEMPLATES_DIR cannot be used: zh/code-sign.txt: line 7: {{lief}} is unknown here; known are brand, url, code, life'))
})

t.test('a sign-up is mailed by the templates of the folder', async t => {
  const world = await build(t, 'embedded', { EMAIL_TEMPLATES_DIR: folderOf(t, { 'zh/code-sign.txt': WORDING }) })
  t.match(await world.post('/Auth/Sign', { Name: 'Alice', Email: given.to, Password: digest('a password') }), { body: { Code: 200 } })
  t.match(await world.mails(), [{ subject: /^Hello Dream 记梦 \d{6}$/, text: /^Come in:\n\n\d{6}\n\nFor 5 分钟\.\n$/ }])
})
