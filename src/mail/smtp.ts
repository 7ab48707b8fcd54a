import { createTransport } from 'nodemailer'
import { createQueue } from '../queue.ts'
import type { Mail, Mailer } from './mail.ts'

export interface SmtpSettings {
  host: string
  port: number
  /** The address in `From`, and the user of the SMTP account. */
  sender: string
  password: string | undefined
  /** Plain SMTP and self-signed certificates are allowed. */
  insecure: boolean
}

const IMPLICIT_TLS_PORT = 465
const CONNECTIONS = 5
const WAITING = 200
const STEP_MS = 5_000
/** Longest that a request waits for its mail. */
const DELIVERY_MS = 8_000

/** Mails through an SMTP account (RFC 5321), over pooled connections with TLS (RFC 8314). */
export function createSmtp ({ host, port, sender, password, insecure }: SmtpSettings): { send: Mailer, close: () => void } {
  const transport = createTransport({
    pool: true,
    maxConnections: CONNECTIONS,
    host,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: !insecure,
    tls: { rejectUnauthorized: !insecure, minVersion: 'TLSv1.2' },
    ...(password !== undefined && { auth: { user: sender, pass: password } }),
    connectionTimeout: STEP_MS,
    greetingTimeout: STEP_MS,
    socketTimeout: STEP_MS,
    dnsTimeout: STEP_MS,
    disableFileAccess: true,
    disableUrlAccess: true
  })

  // Nodemailer's own queue has no end: what waits, waits here.
  const queue = createQueue(CONNECTIONS, WAITING)

  async function deliver ({ to, subject, text, html }: Mail, signal: AbortSignal): Promise<void> {
    const { rejected } = await transport.sendMail({
      from: { name: 'Dream 记梦', address: sender },
      // As an object: an address in a string would be parsed, and could turn out to be more than one.
      to: { name: '', address: to },
      subject,
      text,
      html,
      headers: { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      // A mail that was given up on must not go out after all, nor its connection stand in the way of others.
      signal
    })
    if (rejected.length > 0) throw new Error('the mail server refused the recipient')
  }

  return {
    async send (mail) {
      const signal = AbortSignal.timeout(DELIVERY_MS)
      const overdue = new Promise<never>((_resolve, reject) => {
        signal.addEventListener('abort', () => { reject(new Error(`the mail server took longer than ${DELIVERY_MS} ms`)) }, { once: true })
      })
      await Promise.race([queue(async () => { if (!signal.aborted) await deliver(mail, signal) }), overdue])
    },
    close: () => { transport.close() }
  }
}
