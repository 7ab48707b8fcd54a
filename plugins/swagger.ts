import { readFileSync } from 'node:fs'
import fastifySwagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { root } from '../src/root.ts'

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

const description = `The account service of Dream 记梦: sign-up by a mailed code, login, password reset, token check and health.

Every JSON answer but the published keys is an envelope \`{ "Code": integer, "Msg": string, … }\`. The HTTP status says whether the request could be
processed; \`Code\` says what was decided: a wrong password is a decision, so it comes with HTTP 200. \`Msg\` is Chinese, or
English where \`Accept-Language\` prefers it; \`Code\` never depends on the language.`

/** The OpenAPI 3.0.3 document, made from the routes. Registered before them, or it would not see them. */
async function swagger (app: FastifyInstance): Promise<void> {
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Dream Auth', version, description, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'Accounts', description: 'Sign-up, login and password reset.' },
        { name: 'Tokens', description: 'Who a token speaks for.' },
        { name: 'Sessions', description: 'Logins and their end.' },
        { name: 'Account', description: 'What people do with their own account.' },
        { name: 'Administration', description: 'What super administrators do.' },
        { name: 'Health', description: 'For load balancers and operators.' }
      ],
      components: { securitySchemes: { Bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => typeof json.$id === 'string' ? json.$id : `Model${i}` }
  })
}

export default fp(swagger, { name: 'swagger' })
