import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Test } from 'tap'

export interface ReceivedMail { to: string, subject: string, text: string, html: string, headers: Record<string, string> }

export interface TestSmtp {
  /** What an operator would set to mail through this server. */
  settings: Record<string, string>
  mails: ReceivedMail[]
}

const SENDER = 'noreply@dream.example'
const PASSWORD = 'authorisation code'
const pem = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url))

/** A real SMTP server that insists on TLS and authentication and keeps what it is sent. It ends with the test. */
export async function startSmtp (t: Test, options: SMTPServerOptions = {}, port = 0): Promise<TestSmtp> {
  const mails: ReceivedMail[] = []
  const server = new SMTPServer({
    key: pem('server.key'),
    cert: pem('server.pem'),
    authOptional: false,
    disabledCommands: [],
    onAuth ({ username, password }, session, callback) {
      if (!session.secure || username !== SENDER || password !== PASSWORD) return callback(new Error('authentication failed'))
      callback(null, { user: username })
    },
    onData (stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      stream.on('end', async () => {
        const mail = await PostalMime.parse(Buffer.concat(chunks))
        mails.push({
          to: session.envelope.rcptTo.map(({ address }) => address).join(','),
          subject: mail.subject ?? '',
          text: mail.text ?? '',
          html: mail.html ?? '',
          headers: Object.fromEntries(mail.headers.map(({ key, value }) => [key, value]))
        })
        callback()
      })
    },
    ...options
  })
  server.on('error', () => {})
  await new Promise<void>(resolve => { server.listen(port, '127.0.0.1', resolve) })
  t.teardown(() => new Promise<void>(resolve => { server.close(resolve) }))
  const address = server.server.address() as AddressInfo
  return {
    mails,
    settings: { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(address.port), EMAIL_SENDER: SENDER, EMAIL_PASSWORD: PASSWORD }
  }
}
