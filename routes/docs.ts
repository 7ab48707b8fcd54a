import fastifySwaggerUi from '@fastify/swagger-ui'
import type { App } from '../src/app.ts'

/** Nothing but our own files, no inline script, no inline style sheet. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// The page's own switch between light and dark is part of the bar that is left out.
const DARK = "document.documentElement.classList.toggle('dark-mode', matchMedia('(prefers-color-scheme: dark)').matches)"

/** `/openapi.json`, `/openapi.yaml` and the page that shows them. */
export async function docs (app: App): Promise<void> {
  const hidden = { schema: { hide: true } }
  let yaml: string | undefined

  app.get('/openapi.json', hidden, async (_request, reply) => reply.type('application/json; charset=utf-8').send(app.swagger()))
  app.get('/openapi.yaml', hidden, async (_request, reply) => {
    yaml ??= app.swagger({ yaml: true })
    return reply.type('application/yaml; charset=utf-8').send(yaml)
  })

  await app.register(fastifySwaggerUi, {
    routePrefix: '/docs',
    staticCSP: POLICY,
    // Without the bar on top: it brings a style sheet that the policy refuses, and a box to load other documents.
    uiConfig: { layout: 'BaseLayout', docExpansion: 'list', deepLinking: true, tryItOutEnabled: true, displayRequestDuration: true, validatorUrl: null },
    theme: { title: 'Dream Auth · API', js: [{ filename: 'dark.js', content: DARK }] }
  })
}
