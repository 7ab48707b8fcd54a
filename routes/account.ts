import { Type } from '@sinclair/typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { ASSETS, BASE, VIEWS } from '../pages/paths.ts'
import type { AccountPages } from '../src/account-pages.ts'
import type { App } from '../src/app.ts'
import { fail } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'
import { named, replies } from '../src/replies.ts'
import { createReturnTo, readReturnTarget } from '../src/return-to.ts'

/** Nothing but our own files, and no text that becomes a script. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
/** A year: the name of a file changes with its content. */
const FOR_EVER = 'public, max-age=31536000, immutable'

const hidden = { schema: { hide: true } }

const returnTo = {
  hide: true,
  querystring: Type.Object({ ReturnTo: Type.String({ maxLength: 2_000 }) }, { additionalProperties: false }),
  response: replies([named('ReturnAddress', { ReturnTo: Type.String() }, { Success: { ReturnTo: 'https://app.example.com/' } }), 'Empty', 'BadRequest'])
}

/** The account pages: one shell at every path, its files, and whether somebody may be sent back somewhere. */
export async function account (app: App, config: Config): Promise<void> {
  const allowed = createReturnTo(config.ACCOUNT_RETURN_TO.flatMap(entry => readReturnTarget(entry) ?? []))
  const mailbox = app.mailbox !== null && !config.production

  // Read when somebody first asks: start and memory are for those who come for the interface alone.
  let reading: Promise<AccountPages> | undefined
  function pages (): Promise<AccountPages> {
    reading ??= import('../src/account-pages.ts').then(({ readAccountPages }) => readAccountPages(config, mailbox))
    reading.catch(() => { reading = undefined })
    return reading
  }

  async function shell (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { shell, send } = await pages()
    return send(request, reply.header('content-security-policy', POLICY).header('cache-control', 'no-cache'), shell)
  }
  for (const path of ['', '/', ...VIEWS.map(view => `/${view}`)]) app.get(BASE + path, hidden, shell)

  app.get<{ Params: { file: string } }>(`${ASSETS}/:file`, hidden, async (request, reply) => {
    const { files, send } = await pages()
    const file = files.get(request.params.file)
    if (file === undefined) throw fail('NotFound')
    return send(request, reply.header('cache-control', FOR_EVER), file)
  })

  app.get(`${BASE}/return-to.json`, { schema: returnTo }, async (request, reply) => {
    const url = allowed(request.query.ReturnTo)
    return url === undefined ? reply.answer('Empty') : reply.answer('Success', { ReturnTo: url })
  })
}
