import assert from 'node:assert/strict'
import fc from 'fast-check'
import PostalMime from 'postal-mime'
import t, { type Test } from 'tap'
import { canonicalName, nameKey } from '../../src/canonical.ts'
import { build, digest, modes, type Mode, type World } from '../helper.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'
import { address, respell, spelling } from './addresses.ts'
import { check } from './check.ts'
import { elsewhere } from './operations.ts'
import { text } from './text.ts'

const RUNS = 40
const PAIRS = 15

/** In its mails a code stands on its line as it is. */
const english = { 'accept-language': 'en' }
const MOST_NAME = 50
/** Names that are taken, in some spelling. */
const name = fc.tuple(text, fc.string({ unit: 'grapheme', minLength: 1, maxLength: 10 }))
  .map(parts => parts.join('').replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, ''))
  .filter(typed => canonicalName(typed) !== '' && Array.from(canonicalName(typed)).length <= MOST_NAME)
const password = fc.oneof(fc.string({ unit: 'binary', minLength: 8, maxLength: 60 }).map(password => password.replaceAll('\0', '0')), fc.constant(digest('a password')))
const header = fc.array(fc.constantFrom('evil.example', '<b>bold</b>', 'x@evil.example', '\u00e9', 'a: b', ', ', '"', '%0d%0aBcc: eve@evil.example'), { minLength: 1, maxLength: 3 }).map(pieces => pieces.join(''))

/** A service and what it says to its mail server, line by line. */
async function postOffice (t: Test, mode: Mode): Promise<{ world: World, sent: () => string[] }> {
  const smtp = await startScriptedSmtp(t, politely)
  return { world: await build(t, mode, smtp.settings), sent: () => smtp.lines.splice(0) }
}

const codeIn = (lines: string[]): string => lines.find(line => /^\d{6}$/.test(line)) ?? 'no code'

/** A mail as whoever gets it reads it, without what no two mails share: address, code, time and the names of the mail and its parts. */
async function sameForAll (lines: string[], to: string): Promise<object> {
  const start = lines.indexOf('DATA')
  const mail = await PostalMime.parse(lines.slice(start + 1, lines.indexOf('.', start)).join('\r\n'))
  assert.deepEqual(mail.to, [{ name: '', address: to }])
  const headers = mail.headers.flatMap(({ key, value }) => ['to', 'date', 'message-id', 'subject'].includes(key) ? [key] : [`${key}: ${value.replace(/boundary=.*/, 'boundary')}`])
  const { cc, bcc, replyTo, subject, text, html, attachments } = mail
  const code = codeIn(lines)
  // Digit by digit it stands there for screen readers.
  const words = JSON.stringify({ subject, text, html }).replaceAll(code, 'the code').replaceAll([...code].join(' '), 'the code')
  return { headers, cc, bcc, replyTo, attachments, ...JSON.parse(words) }
}

const hex = (text: string): string => Buffer.from(text).toString('hex').toUpperCase()

for (const mode of modes) {
  t.test(`${mode}: I5, I6, I7, I9: what is kept of a person is what canonicalisation gives, mail goes to what is kept, and it holds nothing else of theirs`, async t => {
    const { world, sent } = await postOffice(t, mode)
    const keys = new Set<string>()
    let plain: object | undefined
    let serial = 0

    await check(t, RUNS, fc.asyncProperty(name, address, spelling, password, header, async (Name, address, spelling, Password, header) => {
      const from = elsewhere()
      const stored = `${++serial}.${address}`
      const Email = respell(stored, spelling)
      // A Host that is none is refused before anything is read.
      const headers = { ...english, host: /[^a-z0-9.:-]/i.test(header) ? 'evil.example' : header, origin: header, referer: header, 'x-forwarded-host': header, forwarded: `host=${header}`, 'user-agent': header }
      const answer = await world.post('/Auth/Sign', { Name, Email, Password }, { from, headers })
      const lines = sent()
      if (keys.has(nameKey(Name))) {
        assert.deepEqual([answer.body.Code, answer.body.Field, lines], [502, 'Name', []])
        return
      }
      assert.equal(answer.body.Code, 200, answer.text)
      assert.deepEqual(lines.filter(line => line.startsWith('RCPT')), [`RCPT TO:<${stored}>`])
      const mail = await sameForAll(lines, stored)
      plain ??= mail
      assert.deepEqual(mail, plain)

      assert.equal((await world.post('/Auth/Verify', { Name, Email, Password, VerifyCode: codeIn(lines) }, { from, headers })).body.Code, 200)
      keys.add(nameKey(Name))
      assert.deepEqual(await world.rows(`SELECT HEX(UserName) AS name, HEX(NameKey) AS nameKey, HEX(EmailKey) AS emailKey, Role AS role, AvatarUrl AS rest FROM Users WHERE HEX(Email) = '${hex(stored)}'`), [
        { name: hex(canonicalName(Name)), nameKey: hex(nameKey(Name)), emailKey: hex(stored), role: 'user', rest: null }
      ])
      assert.equal((await world.post('/Auth/Login', { Email: stored, Password }, { from })).body.Code, 200)
    }))
    t.ok(keys.size > RUNS / 2, 'many people are kept')
  })

  t.test(`${mode}: I8: addresses that differ in one byte are two accounts`, async t => {
    const { world, sent } = await postOffice(t, mode)
    let serial = 0
    const register = async (Email: string): Promise<string> => {
      const asking = { from: elsewhere(), headers: english }
      const person = { Name: `Person ${++serial}`, Email, Password: digest(`password ${serial}`) }
      assert.equal((await world.post('/Auth/Sign', person, asking)).body.Code, 200, Email)
      assert.equal((await world.post('/Auth/Verify', { ...person, VerifyCode: codeIn(sent()) }, asking)).body.Code, 200)
      return person.Password
    }
    await check(t, PAIRS, fc.asyncProperty(address, fc.nat(), fc.constantFrom(...'az09_-+.'), async (address, place, byte) => {
      const [local = '', domain] = address.split('@')
      const at = place % (local.length + 1)
      // Another letter in its place, or one more.
      const another = `${local.slice(0, at)}${byte}${local.slice(at + place % 2)}@${domain}`
      fc.pre(another !== address && !/^\.|\.\.|\.@|^@/.test(another))
      const [one, other] = [`${++serial}.${address}`, `${serial}.${another}`]
      const passwords = new Map([[one, await register(one)], [other, await register(other)]])
      const ids = new Set()
      for (const [Email, own] of passwords) {
        for (const Password of passwords.values()) {
          const { body } = await world.post('/Auth/Login', { Email, Password }, { from: elsewhere() })
          assert.equal(body.Code, Password === own ? 200 : 501)
          if (Password === own) ids.add(body.UserID)
        }
      }
      assert.equal(ids.size, 2)
    }))
  })
}
