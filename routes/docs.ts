import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { App } from '../src/app.ts'
import { root } from '../src/root.ts'
import type { StaticFile } from '../src/static-files.ts'
import { docsPage } from './docs-page.ts'

/** Nothing but our own files, no inline script, no inline style sheet. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

const swaggerUi = (name: string): URL => pathToFileURL(createRequire(import.meta.url).resolve(`@fastify/swagger-ui/static/${name}`))
const built = (name: string): URL => new URL(`dist/docs/${name}`, root)

const SCRIPT = 'text/javascript; charset=utf-8'
const STYLE = 'text/css; charset=utf-8'

const ASSETS: Record<string, { type: string, find: (name: string) => URL }> = {
  'swagger-ui.css': { type: STYLE, find: swaggerUi },
  'swagger-ui-bundle.js': { type: SCRIPT, find: swaggerUi },
  'favicon-32x32.png': { type: 'image/png', find: swaggerUi },
  'docs.css': { type: STYLE, find: built },
  'docs.js': { type: SCRIPT, find: built }
}

/** `/openapi.json`, `/openapi.yaml` and the page that shows them. @param mailbox whether there is a development mailbox */
export async function docs (app: App, { mailbox }: { mailbox: boolean }): Promise<void> {
  const hidden = { schema: { hide: true } }
  let json: Buffer | undefined
  let yaml: Buffer | undefined

  app.get('/openapi.json', hidden, async (_request, reply) => {
    json ??= Buffer.from(JSON.stringify(app.swagger()))
    return reply.type('application/json; charset=utf-8').send(json)
  })
  app.get('/openapi.yaml', hidden, async (_request, reply) => {
    yaml ??= Buffer.from(app.swagger({ yaml: true }))
    return reply.type('application/yaml; charset=utf-8').send(yaml)
  })

  const page = docsPage(mailbox ? '/dev/mailbox' : undefined)
  for (const url of ['/docs', '/docs/']) {
    app.get(url, hidden, async (_request, reply) => reply.header('content-security-policy', POLICY).type('text/html; charset=utf-8').send(page))
  }
  for (const [name, { type, find }] of Object.entries(ASSETS)) {
    // Read when somebody first asks: start and memory are for those who come for the interface alone.
    let file: Promise<StaticFile> | undefined
    app.get(`/docs/static/${name}`, hidden, async (request, reply) => {
      const { sendStatic, staticFile } = await import('../src/static-files.ts')
      file ??= readFile(find(name)).then(bytes => staticFile(type, bytes))
      file.catch(() => { file = undefined })
      return sendStatic(request, reply.header('cache-control', 'no-cache'), await file)
    })
  }
}
