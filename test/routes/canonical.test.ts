import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const { Email, Password } = alice
/** A title in ASCII: some of these characters would disturb the test report. */
const shown = (text: string): string => JSON.stringify(text).replaceAll(/[^ -~]/g, character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
const english = { headers: { 'accept-language': 'en' } }

const long = (characters: number): string => `${'a'.repeat(characters - '@example.com'.length)}@example.com`

/** Addresses that some parser takes for others than they are, or that no mail could be sent to. */
const noEmails = ['', ' ', 'alice', '@example.com', 'alice@', 'alice@example', 'alice@@example.com', 'a@b@example.com', '"alice"@example.com', '"a b"@example.com', '"a@b"@example.com', 'alice(comment)@example.com',
  'alice@example.com(comment)', 'alice@(comment)example.com', '<alice@example.com>', 'Alice <alice@example.com>', 'alice@example.com,bob@example.com', 'alice@example.com;bob@example.com', 'team: alice@example.com;',
  'alice@[127.0.0.1]', 'alice@127.0.0.1', 'alice@1.85', 'alice@0x7f.1', 'alice@example.com.', 'alice@.example.com', 'alice@example..com', '.alice@example.com', 'alice.@example.com', 'a..b@example.com', 'alice@-example.com', 'alice@example-.com', 'alice@exa_mple.com',
  'al ice@example.com', 'alice @example.com', 'alice@ example.com', 'alice@example.com\r\nBcc: bob@example.com', 'alice\r\n@example.com', 'alice@exam\nple.com', 'alice\t@example.com', 'alice\x7f@example.com', 'alice\\@example.com',
  'älice@example.com', 'alice@exämple.com', 'alıce@example.com', '\u212Aate@example.com', 'alice@example.co\u212A', 'alice@e\u0000xample.com', 'alice＠example.com', 'alice@example。com', 'аlice@example.com', 'alice\u200b@example.com', '\u202Ealice@example.com',
  long(101), `alice@${'b'.repeat(64)}.com`]

const sameEmails = ['Alice@Example.COM', ' alice@example.com', 'alice@example.com \r\n', '\t ALICE@EXAMPLE.COM\u3000']

for (const mode of modes) {
  t.test(`${mode}: I5, I6: what is not a plain address is 400 for Email, on every route, and reaches nobody's mailbox`, async t => {
    const world = await build(t, mode)
    for (const Email of noEmails) {
      for (const [route, rest] of [
        ['/Auth/Login', { Password }], ['/Auth/Sign', { Name: 'N', Password }], ['/Auth/Verify', { Name: 'N', Password, VerifyCode: '123456' }],
        ['/Auth/ResetPassword', {}], ['/Auth/UpdatePassword', { Password, VerifyCode: '123456' }]
      ] as const) {
        const { status, body } = await world.post(route, { Email, ...rest })
        t.match([status, body.Code, body.Details], [400, 400, [{ Field: 'Email' }]], `${route} ${shown(Email)}`)
      }
    }
    t.strictSame(await world.mails(), [])
  })

  t.test(`${mode}: I5, I6: every spelling of an address is one account, one code, one cooldown; mail goes to the stored one`, async t => {
    const world = await build(t, mode)
    for (const [i, spelling] of sameEmails.entries()) {
      t.equal((await world.post('/Auth/Sign', { ...alice, Email: spelling })).body.Code, i === 0 ? 200 : 429, 'one cooldown')
    }
    t.equal((await world.post('/Auth/Verify', { ...alice, Email: sameEmails[3], VerifyCode: await world.codeFor(Email) })).body.Code, 200, 'one code')
    for (const spelling of sameEmails) {
      t.match((await world.post('/Auth/Login', { Email: spelling, Password })).body, { Code: 200, UserID: 1 })
      t.match((await world.post('/Auth/Sign', { ...alice, Name: 'Other', Email: spelling })).body, { Code: 502, Field: 'Email' })
      t.match((await world.post('/Auth/Verify', { ...alice, Name: 'Other', Email: spelling, VerifyCode: '123456' })).body, { Code: 502, Field: 'Email' })
    }
    t.equal((await world.post('/Auth/ResetPassword', { Email: sameEmails[0] })).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: sameEmails[2], Password, VerifyCode: await world.codeFor(Email) })).body.Code, 200)
    t.strictSame((await world.mails()).filter(({ text }) => /\b\d{6}\b/.test(text)).map(({ to }) => to), [Email, Email])
    t.strictSame((await world.rows('SELECT Email FROM Users')), [{ Email }])
  })

  t.test(`${mode}: I5: addresses that differ in more than case and outer spaces are different accounts`, async t => {
    const world = await build(t, mode)
    const different = ['a.lice@example.com', 'alice+dream@example.com', "o'alice@example.com", 'alice%00@example.com', 'alice--@example.com', 'alice@example.com.cn', long(100)]
    for (const [i, Email] of [alice.Email, ...different].entries()) await world.register({ Name: `Alice ${i}`, Email, Password })
    t.equal((await world.rows('SELECT UserID FROM Users')).length, different.length + 1)
  })

  t.test(`${mode}: C2: 64 hexadecimal digits of either case are one digest, anything else of 8 to 128 characters is the password itself`, async t => {
    const world = await build(t, mode)
    const passwords = ['8 chars!', '密码密码密码密码', '😀'.repeat(128), ' spaces around ', `${digest('x').slice(0, 63)}g`, digest('x').slice(0, 63), digest('x') + '0']
    for (const [i, plain] of passwords.entries()) {
      const Email = `p${i}@example.com`
      await world.register({ Name: `P${i}`, Email, Password: plain })
      for (const Password of [plain, digest(plain), digest(plain).toUpperCase()]) {
        t.equal((await world.post('/Auth/Login', { Email, Password })).body.Code, 200, shown(plain.slice(0, 20)))
      }
      t.equal((await world.post('/Auth/Login', { Email, Password: plain.toUpperCase() + '!' })).body.Code, plain.length > 127 ? 400 : 501)
    }
    for (const [Password, Reason] of [['7 chars', 'must have at least 8 characters'], ['', 'must have at least 8 characters'], ['x'.repeat(129), 'must have at most 128 characters'], ['😀'.repeat(129), 'must have at most 128 characters']]) {
      for (const [route, body] of [['/Auth/Sign', alice], ['/Auth/Verify', { ...alice, VerifyCode: '123456' }], ['/Auth/UpdatePassword', { Email, VerifyCode: '123456' }]] as const) {
        t.strictSame((await world.post(route, { ...body, Password }, english)).body.Details, [{ Field: 'Password', Reason }], `${route} ${Password?.length}`)
      }
    }
    t.equal((await world.post('/Auth/Login', { Email, Password: 'x' })).body.Code, 501, 'at login any length may be tried')
    t.equal((await world.post('/Auth/Login', { Email, Password: '' })).status, 400)
    t.equal((await world.post('/Auth/Login', { Email, Password: 'x'.repeat(129) })).status, 400)
  })

  t.test(`${mode}: C2: REQUIRE_PASSWORD_DIGEST=true refuses a password that is not a digest, on every route that takes one`, async t => {
    const world = await build(t, mode, { REQUIRE_PASSWORD_DIGEST: 'true' })
    const Details = [{ Field: 'Password', Reason: '必须是 64 位十六进制的 SM3 摘要' }]
    for (const [route, body] of [['/Auth/Login', { Email }], ['/Auth/Sign', alice], ['/Auth/Verify', { ...alice, VerifyCode: '123456' }], ['/Auth/UpdatePassword', { Email, VerifyCode: '123456' }]] as const) {
      for (const Password of ['a plain password', `${digest('x').slice(1)}g`, ` ${digest('x')}`]) {
        t.match(await world.post(route, { ...body, Password }), { status: 400, body: { Code: 400, Details } }, route)
      }
    }
    await world.register({ ...alice, Password: Password.toUpperCase() })
    t.equal((await world.post('/Auth/Login', { Email, Password })).body.Code, 200)
    t.equal((await world.post('/Auth/ResetPassword', { Email, Password: '' })).body.Code, 200, 'the empty password of older clients is still ignored')
  })

  t.test(`${mode}: I1: a VerifyCode is a string of six ASCII digits; leading zeros count`, async t => {
    const world = await build(t, mode)
    for (const VerifyCode of ['', '12345', '1234567', ' 12345', '123456 ', '123456\n', '12345a', '-12345', '+12345', '1e5000', '0x1234', '１２３４５６', '١٢٣٤٥٦']) {
      t.strictSame((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Details, [{ Field: 'VerifyCode', Reason: '必须是 6 位数字' }], shown(VerifyCode))
    }
    // One code in ten begins with a zero.
    for (let i = 0; ; i++) {
      const person = { ...alice, Email: `alice${i}@example.com` }
      await world.post('/Auth/Sign', person, { from: `10.0.0.${i % 250}` })
      const VerifyCode = await world.codeFor(person.Email)
      if (!VerifyCode.startsWith('0')) continue
      t.equal((await world.post('/Auth/Verify', { ...person, VerifyCode: Number(VerifyCode) })).status, 400)
      t.equal((await world.post('/Auth/Verify', { ...person, VerifyCode: VerifyCode.replace(/^0+/, '') })).status, 400)
      t.equal((await world.post('/Auth/Verify', { ...person, VerifyCode })).body.Code, 200)
      break
    }
  })
}
