import { readFileSync } from 'node:fs'
import fastifySwagger from '@fastify/swagger'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { finished, notedReplies, type Noted } from '../src/document/document.ts'
import { introduction } from '../src/document/introduction.ts'
import { withSolution } from '../src/document/solution-header.ts'
import { root } from '../src/root.ts'

const { version } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

/** The OpenAPI 3.0.3 document, made from the routes when somebody asks for it. Registered before them, or it would not see them. */
async function swagger (app: FastifyInstance): Promise<void> {
  const noted = new Map<string, Noted>()
  await app.register(fastifySwagger, {
    openapi: {
      openapi: '3.0.3',
      info: { title: 'Dream Auth', version, description: introduction, contact: { name: 'The makers of Dream 记梦' }, license: { name: 'MIT', url: 'https://opensource.org/license/mit' } },
      servers: [{ url: '/', description: 'This server' }],
      tags: [
        { name: 'Accounts', description: 'Sign-up, login and password reset.' },
        { name: 'Tokens', description: 'Who a token speaks for.' },
        { name: 'Sessions', description: 'Logins and their end.' },
        { name: 'Account', description: 'What people do with their own account.' },
        { name: 'Administration', description: 'What super administrators do.' },
        { name: 'Health', description: 'For load balancers and operators.' }
      ],
      components: { securitySchemes: { Bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'The `Token` of a login (RFC 6750).' } } }
    },
    transform: ({ schema, url }) => {
      if (schema?.operationId !== undefined) noted.set(schema.operationId, notedReplies(schema.response))
      return { schema: schema && withSolution(schema), url }
    },
    transformObject: draft => 'openapiObject' in draft ? finished(draft.openapiObject, noted) : draft.swaggerObject,
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => typeof json.$id === 'string' ? json.$id : `Model${i}` }
  })
}

export default fp(swagger, { name: 'swagger' })
