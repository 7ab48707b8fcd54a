import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const renewed = digest('a better password')
const BAD = 400

for (const mode of modes) {
  t.test(`${mode}: I3: every field and the body have small limits, and one character more is refused before anything is done`, async t => {
    const world = await build(t, mode)
    const most: Record<string, number> = { Name: 50, Email: 100, Password: 128 }
    for (const [Field, length] of Object.entries(most)) {
      const filled = (characters: number): string => Field === 'Email' ? `${'a'.repeat(characters - 12)}@example.com` : 'a'.repeat(characters)
      t.equal((await world.post('/Auth/Sign', { ...alice, Name: Field, Email: `${Field}@example.com`, [Field]: filled(length) })).body.Code, 200, `${Field} of ${length}`)
      const { length: mails } = await world.mails()
      t.match(await world.post('/Auth/Sign', { ...alice, [Field]: filled(length + 1) }), { status: BAD, body: { Details: [{ Field }] } }, `${Field} of ${length + 1}`)
      t.equal((await world.mails()).length, mails)
    }
    t.equal((await world.post('/Auth/Sign', ' '.repeat(16 * 1024 + 1))).status, 413)
  })

  t.test(`${mode}: I3: text made to confuse a pattern is answered as quickly as any`, async t => {
    const world = await build(t, mode)
    const parts = ['a', 'a.', 'a-', '@', 'a@', '@a.', '!', ' ', '\t', '\u3000', 'e\u0301', '\u0130', 'Σ', '.-']
    const start = process.cpuUsage()
    for (const part of parts) {
      const long = part.repeat(Math.floor(5_000 / part.length))
      for (const hostile of [long, `${long}!`, `a@${long}`, `a@${long}_`, ` ${long} `]) {
        for (const Field of ['Name', 'Email', 'Password', 'VerifyCode']) {
          const { status } = await world.post('/Auth/Verify', { ...alice, VerifyCode: '123456', [Field]: hostile })
          if (status !== BAD) t.fail(`${Field} ${part}: ${status}`)
        }
      }
    }
    const { user, system } = process.cpuUsage(start)
    // 280 requests of some milliseconds; a pattern that tries every split of 5,000 characters would take minutes for one.
    t.ok(user + system < 15_000_000, `${Math.round((user + system) / 1_000)} ms of processor time`)
  })

  t.test(`${mode}: I4: a form, a text or a body of another type does nothing, on any route`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const before = [await world.rows('SELECT * FROM Users'), (await world.mails()).length]
    const bob = { ...alice, Name: 'Bob', Email: 'bob@example.com' }
    for (const [route, body] of [['/Auth/Sign', bob], ['/Auth/Verify', { ...bob, VerifyCode: '123456' }], ['/Auth/Login', { Email: alice.Email, Password: alice.Password }], ['/Auth/ResetPassword', { Email: alice.Email }],
      ['/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: '123456' }]] as const) {
      // The types a page of another origin may send without asking first.
      for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/plain; charset=application/json', 'application/jsonx', 'application/ld+json', 'application/json; charset=utf-7']) {
        for (const payload of [JSON.stringify(body), new URLSearchParams(body).toString()]) {
          t.match(await world.post(route, payload, { headers: { 'content-type': type } }), { status: 415, body: { Code: 415 } }, `${route} ${type}`)
        }
      }
    }
    t.strictSame([await world.rows('SELECT * FROM Users'), (await world.mails()).length], before)
  })

  t.test(`${mode}: I6: what RCPT TO says is what the table holds, for every form of address that is taken`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    const typed = [' O\'Brien+Tag@Example.COM ', '{a|b}~c=d@example.com', '#!$%&*/?^_`@example.com', 'A@XN--FIQS8S.example', '"quoted"@example.com', 'a(comment)@example.com', 'group:a@example.com;', 'a@example.com,b@example.com', '<a@example.com>', 'a@[127.0.0.1]', 'a%b@example.com', '@relay.example:a@example.com']
    const taken = []
    for (const [i, Email] of typed.entries()) {
      const person = { ...alice, Name: `n${i}`, Email }
      if ((await world.post('/Auth/Sign', person)).status === BAD) continue
      const VerifyCode = /\d{6}/.exec(smtp.mails.at(-1)?.subject ?? '')?.[0]
      t.equal((await world.post('/Auth/Verify', { ...person, VerifyCode })).body.Code, 200, Email)
      taken.push(Email)
    }
    t.strictSame(taken, [...typed.slice(0, 4), 'a%b@example.com'])
    t.strictSame((await world.rows('SELECT Email FROM Users ORDER BY UserID')).map(({ Email }) => [Email]), smtp.envelopes.map(({ to }) => to))
  })

  t.test(`${mode}: I7: neither line breaks nor HTML in any field or header get into a mail: it is one mail, to one person, of known text`, async t => {
    const smtp = await startSmtp(t)
    const world = await build(t, mode, smtp.settings)
    const mallory = { ...alice, Name: '<img src=x onerror=alert(1)>', Email: 'mallory@example.com' }
    await world.post('/Auth/Sign', mallory)
    t.equal((await world.post('/Auth/Verify', { ...mallory, VerifyCode: /\d{6}/.exec(smtp.mails[0]?.subject ?? '')?.[0] })).body.Code, 200)
    const inject = ['\r\nBcc: eve@example.com', '\nSubject: hacked', '\r\n.\r\nMAIL FROM:<eve@example.com>', '\u2028Bcc: eve@example.com', '\u0000', '%0d%0aBcc: eve@example.com']
    for (const text of inject) {
      await world.post('/Auth/Sign', { ...alice, Name: `Alice${text}` })
      await world.post('/Auth/Sign', { ...alice, Email: `alice@example.com${text}` })
      await world.post('/Auth/ResetPassword', { Email: `mallory@example.com${text}` })
    }
    const markup = '<b>&"\'</b>'
    const headers = { 'accept-language': `en, ${markup}`, 'user-agent': markup }
    const carol = { ...alice, Name: markup, Email: 'carol@example.com' }
    await world.post('/Auth/Sign', { ...carol, Password: `${markup} as a password` }, { headers })
    await world.post('/Auth/ResetPassword', { Email: mallory.Email, Password: markup }, { headers })
    // Percent signs are part of a name like any other.
    t.strictSame(smtp.envelopes.map(({ to }) => to.join()), [mallory.Email, alice.Email, carol.Email, mallory.Email])
    for (const [i, source] of smtp.sources.entries()) {
      const head = source.slice(0, source.indexOf('\r\n\r\n'))
      t.strictSame(head.match(/^(?:From|To|Cc|Bcc|Subject|Reply-To):/gmi)?.map(name => name.toLowerCase()).sort(), ['from:', 'subject:', 'to:'], 'each header once')
      const { subject = '', text = '', html = '' } = smtp.mails[i] ?? {}
      t.notMatch([subject, text, html].join('\n'), /onerror|<img|<b>|&lt;b|eve@|hacked|Alice|mallory/)
    }
  })

  t.test(`${mode}: I8: an address is compared byte by byte: case, accents and spaces at the end make another one`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const others = ['alice@example.com ', 'alice@example.com  ', 'ALICE@example.com', 'alicé@example.com', 'alice@example.com\u0000', 'álice@example.com']
    const { app: { database } } = world
    // As another program might have written them; the columns of the old service compare in their own way.
    if (mode === 'server') await world.rows('ALTER TABLE Users MODIFY Email VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL')
    for (const [i, EmailKey] of others.entries()) {
      t.strictSame(await database.selectFrom('Users').select('UserID').where('EmailKey', '=', EmailKey).execute(), [], JSON.stringify(EmailKey))
      await database.insertInto('Users').values({ UserName: `other ${i}`, NameKey: `other ${i}`, Email: `other${i}@example.com`, EmailKey, Password: 'x' }).execute()
    }
    t.strictSame(await database.selectFrom('Users').select('UserID').where('EmailKey', '=', alice.Email).execute(), [{ UserID: 1 }])
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: await world.codeFor(alice.Email) })).body.Code, 200)
    t.match((await world.post('/Auth/Login', { Email: alice.Email, Password: renewed })).body, { Code: 200, UserID: 1 })
    t.strictSame(await world.rows("SELECT COUNT(*) AS n FROM Users WHERE Password = 'x'").then(([row]) => Number(row?.n)), others.length, 'nobody else has a new password')
  })

  t.test(`${mode}: I8: an address that an old collation holds for another's gets neither its login nor its mails`, async t => {
    const world = await build(t, mode)
    if (mode === 'server') await world.rows('ALTER TABLE Users MODIFY Email VARCHAR(100) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci NOT NULL')
    // What the old service took for an address: with an accent, under which its table finds the one without.
    await world.app.database.insertInto('Users').values({ UserName: 'José', NameKey: 'josé', Email: 'josé@example.com', EmailKey: null, Password: digest(alice.Password) }).execute()
    t.equal((await world.post('/Auth/Login', { Email: 'jose@example.com', Password: alice.Password })).body.Code, 501)
    t.equal((await world.post('/Auth/ResetPassword', { Email: 'jose@example.com' })).body.Code, 503)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: 'jose@example.com', Password: renewed, VerifyCode: '123456' })).body.Code, 503)
    t.strictSame(await world.mails(), [])
  })
}
