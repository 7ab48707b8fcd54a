import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { domainToASCII } from 'node:url'
import PostalMime from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import { root } from '../../src/root.ts'
import { listening, type Ending } from './services.ts'

export interface ReceivedMail { to: string, subject: string, text: string, html: string, headers: Record<string, string> }

export interface TestSmtp {
  /** What an operator would set to mail through this server. */
  settings: Record<string, string>
  mails: ReceivedMail[]
  /** Each mail as it came over the wire. */
  sources: string[]
  /** Each envelope: MAIL FROM and the RCPT TOs. */
  envelopes: Array<{ from: string, to: string[] }>
  /** How many connections came, and how many of them are under TLS. */
  connections: { opened: number, secured: number }
  /** Ends the connections there are. */
  hangUp: () => void
  /** Ends the server now, with its connections. */
  stop: () => Promise<void>
}

const SENDER = 'noreply@dream.example'
const PASSWORD = 'authorisation code'
const pem = (name: string): Buffer => readFileSync(new URL(`test/fixtures/tls/${name}`, root))

/** A certificate for the same names that nobody vouches for. */
export const untrusted = (): { key: Buffer, cert: Buffer } => ({ key: pem('untrusted.key'), cert: pem('untrusted.pem') })

/** A refusal with the reply code of the server's choice. */
export function refusal (responseCode: number): Error {
  return Object.assign(new Error('refused by the test'), { responseCode })
}

/** The server has turned a punycode domain into Unicode. */
function asOnTheWire (address: string): string {
  const at = address.lastIndexOf('@')
  return address.slice(0, at + 1) + domainToASCII(address.slice(at + 1))
}

/** A real SMTP server that insists on TLS and authentication and keeps what it is sent. It ends with the test. */
export async function startSmtp (t: Ending, options: SMTPServerOptions = {}, port = 0): Promise<TestSmtp> {
  const mails: ReceivedMail[] = []
  const sources: string[] = []
  const envelopes: TestSmtp['envelopes'] = []
  const connections = { opened: 0, secured: 0 }
  const server = new SMTPServer({
    key: pem('server.key'),
    cert: pem('server.pem'),
    authOptional: false,
    disabledCommands: [],
    onAuth ({ username, password }, session, callback) {
      if (!session.secure || username !== SENDER || password !== PASSWORD) return callback(new Error('authentication failed'))
      callback(null, { user: username })
    },
    onConnect (_session, callback) {
      connections.opened++
      callback()
    },
    onSecure (_socket, _session, callback) {
      connections.secured++
      callback()
    },
    onData (stream, session, callback) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
      stream.on('end', async () => {
        const mail = await PostalMime.parse(Buffer.concat(chunks))
        sources.push(Buffer.concat(chunks).toString())
        envelopes.push({ from: session.envelope.mailFrom === false ? '' : session.envelope.mailFrom.address, to: session.envelope.rcptTo.map(({ address }) => asOnTheWire(address)) })
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
  await listening(server.server, port)
  const hangUp = (): void => {
    for (const connection of server.connections) connection.close()
  }
  let stopped: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopped ??= new Promise<void>(resolve => { server.close(resolve) })
    hangUp()
    return stopped
  }
  t.teardown(stop)
  const address = server.server.address() as AddressInfo
  return {
    mails,
    sources,
    envelopes,
    connections,
    hangUp,
    stop,
    settings: { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(address.port), EMAIL_SENDER: SENDER, EMAIL_PASSWORD: PASSWORD }
  }
}

export interface ScriptedSmtp {
  /** What an operator would set to mail through this server, which knows neither TLS nor users. */
  settings: Record<string, string>
  /** Every line that came, over all connections. */
  lines: string[]
  sockets: Set<Socket>
  /** Ends it now, with its connections. */
  close: () => Promise<void>
}

/** What a server says that takes every mail: to the connection itself (`undefined`) or to a line. Nothing, within a message. */
export function politely (line: string | undefined): string {
  if (line === undefined) return '220 test'
  if (/^(EHLO|HELO|MAIL|RCPT|RSET|NOOP)\b/.test(line) || line === '.') return '250 ok'
  return line === 'DATA' ? '354 go on' : line === 'QUIT' ? '221 bye' : ''
}

/** A server on plain TCP that says what the script says, so that it can misbehave in ways that no real one offers. */
export async function startScriptedSmtp (t: Ending, script: (line: string | undefined, socket: Socket) => string, port = 0): Promise<ScriptedSmtp> {
  const lines: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer(socket => {
    const say = (text: string): void => { if (text !== '' && socket.writable) socket.write(`${text}\r\n`) }
    let rest = ''
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => { sockets.delete(socket) })
    socket.on('data', chunk => {
      const all = (rest + String(chunk)).split('\r\n')
      rest = all.pop() ?? ''
      lines.push(...all)
      for (const line of all) say(script(line, socket))
    })
    say(script(undefined, socket))
  })
  await listening(server, port)
  const close = (): Promise<void> => {
    for (const socket of sockets) socket.destroy()
    return new Promise<void>(resolve => { server.close(() => { resolve() }) })
  }
  t.teardown(close)
  const address = server.address() as AddressInfo
  return { lines, sockets, close, settings: { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(address.port), EMAIL_SENDER: SENDER, EMAIL_SMTP_INSECURE: 'true' } }
}
