import { createTransport } from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { Brand } from '../brand.ts'
import { createBreaker, type Breaker, type Dependency } from '../breaker.ts'
import { createQueue } from '../queue.ts'
import { SIGNED_FIELDS, type DkimKey } from './dkim.ts'
import { awaitHandOver } from './hand-over.ts'
import { headersOf } from './headers.ts'
import { NotAsked, type HandOver, type Mail, type Mailer } from './mail.ts'

export interface SmtpSettings {
  host: string
  port: number
  /** The address in `From`, and the user of the SMTP account. */
  sender: string
  password: string | undefined
  /** Plain SMTP and self-signed certificates are allowed. */
  insecure: boolean
  brand: Brand
  /** What mails are signed with; `undefined` where the server does it, or nobody. */
  dkim: DkimKey | undefined
}

const IMPLICIT_TLS_PORT = 465
const CONNECTIONS = 5
const WAITING = 200
const STEP_MS = 5_000
/** Longest that a request waits for its mail. */
const DELIVERY_MS = 8_000
/** The rest from one look at a dead server to the next: it may be somebody else's, who counts connections. */
const LOOK_MS = 1_000

/** A server was too slow. */
class Overdue extends Error {
  readonly code = 'ETIMEDOUT'
}

/** Whether nobody answered. A refusal, of a sender, a recipient or a login, is an answer, and says nothing about the next mail. */
function isDeath (error: unknown): boolean {
  if (error instanceof Overdue) return true
  if (!(error instanceof Error) || !('code' in error) || 'responseCode' in error) return false
  return ['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'EPROTOCOL'].includes(String(error.code))
}

/**
 * Mails through an SMTP account (RFC 5321), over pooled connections with TLS (RFC 8314).
 *
 * @param changed told when the server is found dead, and when it is back
 */
export function createSmtp ({ host, port, sender, password, insecure, brand, dkim }: SmtpSettings, changed: Dependency['changed']): { send: Mailer, breaker: Breaker, close: () => void } {
  const connection: SMTPConnection.Options = {
    host,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: !insecure,
    tls: { rejectUnauthorized: !insecure, minVersion: 'TLSv1.2' },
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    dnsTimeout: STEP_MS
  }
  const transport = createTransport({
    ...connection,
    pool: true,
    maxConnections: CONNECTIONS,
    ...(password !== undefined && { auth: { user: sender, pass: password } }),
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim !== undefined && { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey, headerFieldNames: SIGNED_FIELDS } })
  })

  // Nodemailer's own queue has no end: what waits, waits here.
  const queue = createQueue(CONNECTIONS, WAITING)

  /** What is asked before the end of a mail is sent, by the signal of its delivery: that is nothing else's, where the same mail may be sent twice at once. */
  const handOvers = new WeakMap<AbortSignal, HandOver>()
  transport.use('stream', ({ data: { signal }, message }, done) => {
    const handOver = signal === undefined ? undefined : handOvers.get(signal)
    if (handOver !== undefined) awaitHandOver(message, handOver)
    done()
  })

  async function deliver (mail: Mail, signal: AbortSignal, handOver?: HandOver): Promise<void> {
    const { subject, text, html } = mail
    if (handOver !== undefined) handOvers.set(signal, handOver)
    const { rejected } = await transport.sendMail({
      ...headersOf(mail, sender, brand),
      subject,
      text,
      html,
      // A mail that was given up on must not go out after all, nor its connection stand in the way of others.
      signal
    })
    if (rejected.length > 0) throw new Error('the mail server refused the recipient')
  }

  const breaker = createBreaker({ probe: () => greet(connection), limitMs: STEP_MS, isDeath, everyMs: LOOK_MS, changed })

  return {
    breaker,
    async send (mail, handOver) {
      if (breaker.state() === 'open') throw new NotAsked('the mail server does not answer')
      const signal = AbortSignal.timeout(DELIVERY_MS)
      const overdue = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => { reject(new Overdue(`the mail server took longer than ${DELIVERY_MS} ms`)) }, { once: true })
      })
      try {
        await Promise.race([queue(async () => { if (!signal.aborted) await deliver(mail, signal, handOver) }), overdue])
        breaker.answered()
      } catch (error) {
        if (isDeath(error)) breaker.suspect()
        else breaker.answered()
        throw error
      }
    },
    close () {
      breaker.stop()
      transport.close()
    }
  }
}

/** Whether a server would let us in: it greets, and TLS is agreed upon. Not the login, which providers count as well. */
async function greet (options: SMTPConnection.Options): Promise<void> {
  const connection = new SMTPConnection(options)
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => { reject(new Overdue(`the mail server took longer than ${STEP_MS} ms`)) }, STEP_MS)
      connection.on('error', reject)
      connection.on('end', () => { reject(new Overdue('the mail server hung up')) })
      connection.connect(error => error === undefined || error === null ? resolve() : reject(error))
    })
  } finally {
    clearTimeout(timer)
    connection.close()
  }
}
