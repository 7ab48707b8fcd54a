import { randomBytes } from 'node:crypto'
import { Type } from '@sinclair/typebox'
import type { FastifyRequest } from 'fastify'
import ipaddr from 'ipaddr.js'
import type { App } from '../../src/app.ts'
import { canonicalEmail } from '../../src/canonical.ts'
import { fail } from '../../src/catalogue.ts'
import type { Mailbox } from '../../src/mail/mailbox.ts'
import { named, replies } from '../../src/replies.ts'
import { mailboxPage } from './mailbox-page.ts'

const StoredMail = Type.Object({ To: Type.String(), Subject: Type.String(), Text: Type.String(), Html: Type.String(), SentAt: Type.String({ format: 'date-time' }) })

const list = {
  hide: true,
  querystring: Type.Object({ To: Type.Optional(Type.String({ maxLength: 200 })) }, { additionalProperties: false }),
  response: replies([named('MailList', { Mails: Type.Array(StoredMail) }, { Success: { Mails: [] } }), 'BadRequest', 'NotFound'])
}

/** Names under which a browser on this machine asks; any other means that a foreign page had its name point here. */
const LOCAL_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

/** The mailbox shows codes: it is for this machine alone, and does not exist for anybody who comes through a proxy. */
async function refuseStrangers (request: FastifyRequest): Promise<void> {
  const address = request.socket.remoteAddress ?? ''
  const loopback = ipaddr.isValid(address) && ipaddr.process(address).range() === 'loopback'
  // A proxy on this machine looks like this machine, but for what it adds, and for the HTTP/1.0 that nginx speaks unless told otherwise.
  const forwarded = request.raw.httpVersion === '1.0' || Object.keys(request.headers).some(name => /^(forwarded|via|x-forwarded-.*|x-real-ip)$/.test(name))
  const foreign = request.headers.origin !== undefined && request.headers.origin !== `http://${request.headers.host}`
  if (!loopback || forwarded || foreign || !LOCAL_NAMES.has(request.hostname)) throw fail('NotFound')
}

/** @param mailbox where the mails lie; the routes exist only where there is one */
export async function devMailbox (app: App, { mailbox }: { mailbox: Mailbox }): Promise<void> {
  app.addHook('onRequest', refuseStrangers)

  app.get('/dev/mailbox.json', { schema: list, logLevel: 'warn' }, async (request, reply) => {
    const { To } = request.query
    const mails = mailbox.list(To === undefined ? undefined : canonicalEmail(To))
    return reply.answer('Success', { Mails: mails.map(({ to, subject, text, html, sentAt }) => ({ To: to, Subject: subject, Text: text, Html: html, SentAt: sentAt.toISOString() })) })
  })

  app.get('/dev/mailbox', { schema: { hide: true } }, async (_request, reply) => {
    const nonce = randomBytes(16).toString('base64')
    return reply
      .header('content-security-policy', `default-src 'none'; script-src 'nonce-${nonce}'; style-src 'unsafe-inline'; img-src data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`)
      .type('text/html; charset=utf-8')
      .send(mailboxPage(nonce))
  })
}
