import { ReadStream } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from '../src/app.ts'

/** Nothing but our own files, no inline script, no inline style sheet. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The page's own switch between light and dark is part of the bar that is left out.
const DARK = "document.documentElement.classList.toggle('dark-mode', matchMedia('(prefers-color-scheme: dark)').matches)"

/** `/openapi.json`, `/openapi.yaml` and the page that shows them. */
export async function docs (app: App): Promise<void> {
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

  const files = new Map<string, Promise<Buffer>>()
  // A part of a file would be a part of its own to keep.
  app.addHook('onRequest', ({ headers }, _reply, done) => {
    delete headers.range
    done()
  })
  // Whoever reads slowly shares the bytes with all others. As streams, answers that are queued for a connection keep their files
  // open when it ends, for ever.
  app.addHook('onSend', async (_request, _reply, payload) => {
    if (!(payload instanceof ReadStream)) return payload
    const path = String(payload.path)
    const known = files.get(path)
    if (known !== undefined) {
      payload.destroy()
      return await known
    }
    const file = buffer(payload)
    files.set(path, file)
    file.catch(() => { files.delete(path) })
    return await file
  })

  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    // Without the bar on top: it brings a style sheet that the policy refuses, and a box to load other documents.
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', deepLinking: true, tryItOutEnabled: true, displayRequestDuration: true, validatorUrl: null },
    theme: { title: 'Dream Auth · API', js: [{ filename: 'dark.js', content: DARK }] }
  })
}
