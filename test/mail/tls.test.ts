import { createServer } from 'node:net'
import t from 'tap'
import { build, digest } from '../helper.ts'
import { listening } from '../support/services.ts'
import { politely, startScriptedSmtp, startSmtp, untrusted } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const sent = { status: 200, body: { Code: 200 } }
const notSent = { status: 200, body: { Code: 518 } }

t.test('F3: a server without STARTTLS gets neither password nor mail: 518', async t => {
  const smtp = await startSmtp(t, { hideSTARTTLS: true, disabledCommands: ['STARTTLS'], allowInsecureAuth: true })
  const world = await build(t, 'embedded', smtp.settings)
  t.match(await world.post('/Auth/Sign', alice), notSent)
  t.strictSame(smtp.mails, [])

  for (const refused of ['502 unknown command', '454 TLS not available', '220 go']) {
    const server = await startScriptedSmtp(t, line => line === 'STARTTLS' ? refused : line?.startsWith('EHLO') === true ? '250-test\r\n250 AUTH PLAIN LOGIN' : politely(line))
    const other = await build(t, 'embedded', { ...server.settings, EMAIL_SMTP_INSECURE: 'false', EMAIL_PASSWORD: 'hunter2' })
    t.match(await other.post('/Auth/Sign', alice), notSent, refused)
    t.ok(server.lines.length > 0)
    t.notMatch(server.lines.join('\n'), /AUTH|MAIL|RCPT|DATA|alice|hunter2|aHVudGVyMg/, 'nothing was sent in clear')
  }
})

t.test('F3: a certificate that nobody vouches for, or of another name, is refused: 518, and no password was shown', async t => {
  const logins: unknown[] = []
  const onAuth = (auth: unknown, _session: unknown, callback: (error: Error) => void): void => {
    logins.push(auth)
    callback(new Error('no'))
  }
  const stranger = await startSmtp(t, { ...untrusted(), onAuth })
  const world = await build(t, 'embedded', stranger.settings)
  t.match(await world.post('/Auth/Sign', alice), notSent)
  t.equal(stranger.connections.opened, 1)

  const known = await startSmtp(t, { onAuth })
  // The same machine by an address that its certificate does not name.
  const other = await build(t, 'embedded', { ...known.settings, EMAIL_SMTP_SERVER: '0.0.0.0' })
  t.match(await other.post('/Auth/Sign', alice), notSent)
  t.strictSame(logins, [])
})

t.test('EMAIL_SMTP_INSECURE=true takes a self-signed certificate, and STARTTLS where it is offered', async t => {
  const smtp = await startSmtp(t, untrusted())
  const world = await build(t, 'embedded', { ...smtp.settings, EMAIL_SMTP_INSECURE: 'true' })
  t.match(await world.post('/Auth/Sign', alice), sent)
  t.match(smtp.mails, [{ to: alice.Email }])
  t.strictSame(smtp.connections, { opened: 1, secured: 1 })
})

t.test('EMAIL_SMTP_INSECURE=true mails through a plain relay without a password', async t => {
  const relay = await startSmtp(t, { authOptional: true, hideSTARTTLS: true, disabledCommands: ['STARTTLS', 'AUTH'] })
  const { EMAIL_PASSWORD, ...settings } = relay.settings
  const world = await build(t, 'embedded', { ...settings, EMAIL_SMTP_INSECURE: 'True' })
  t.match(await world.post('/Auth/Sign', alice), sent)
  t.match(relay.mails, [{ to: alice.Email }])
  t.equal(relay.connections.secured, 0)
})

/** Why this machine does not let the test listen on the port, if it does not. Another run of the tests, which may have it now, ends. */
async function closed (port: number): Promise<string | false> {
  const server = createServer()
  const reason = await new Promise<string | false>(resolve => {
    server.once('error', error => { resolve(error.message.includes('EADDRINUSE') ? false : `cannot listen on port ${port}: ${error.message}`) })
    server.listen(port, '127.0.0.1', () => { resolve(false) })
  })
  await new Promise(resolve => { server.close(resolve) })
  return reason
}

t.test('port 465 is TLS from the first byte', { skip: await closed(465) }, async t => {
  await t.test('with a server that speaks TLS at once', async t => {
    const smtp = await startSmtp(t, { secure: true }, 465)
    const world = await build(t, 'embedded', smtp.settings)
    t.match(await world.post('/Auth/Sign', alice), sent)
    t.match(smtp.mails, [{ to: alice.Email }])
  })

  await t.test('with one whose certificate nobody vouches for: 518, unless that is allowed', async t => {
    const smtp = await startSmtp(t, { secure: true, ...untrusted() }, 465)
    const strict = await build(t, 'embedded', smtp.settings)
    t.match(await strict.post('/Auth/Sign', alice), notSent)
    t.strictSame(smtp.mails, [])
    const lax = await build(t, 'embedded', { ...smtp.settings, EMAIL_SMTP_INSECURE: 'true' })
    t.match(await lax.post('/Auth/Sign', alice), sent)
  })

  await t.test('with one that speaks plain SMTP: 518, and it was told nothing', async t => {
    let first: Buffer | undefined
    const server = createServer(socket => {
      socket.on('error', () => {})
      socket.once('data', chunk => { first = chunk; socket.end('220 test\r\n') })
    })
    await listening(server, 465)
    t.teardown(() => { server.close() })
    const world = await build(t, 'embedded', { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SENDER: 'noreply@dream.example', EMAIL_PASSWORD: 'hunter2' })
    t.match(await world.post('/Auth/Sign', alice), notSent)
    t.equal(first?.[0], 0x16, 'a TLS handshake record (RFC 8446, section 5.1)')
  })
})
