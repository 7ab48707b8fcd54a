import { Type } from '@sinclair/typebox'
import type { App } from '../src/app.ts'
import { replies } from '../src/replies.ts'
import { bearer, ROLES } from '../src/schemas.ts'

const schema = {
  operationId: 'checkToken',
  tags: ['Tokens'],
  summary: 'Check a token',
  description: 'Says whether the bearer token is valid now. The headers `X-Auth-User-Id` and `X-Auth-Role` of the answer name the account, so that nginx `auth_request`, Traefik or Caddy can ask here on behalf of another service.',
  security: [bearer],
  response: replies(['Success', 'Unauthorized', 'DatabaseUnavailable'], {
    'X-Auth-User-Id': Type.String({ description: '`UserID` of the account.', pattern: '^[1-9][0-9]*$', examples: ['1'] }),
    'X-Auth-Role': Type.String({ description: 'Its `Role`: `user` or `super_admin`.', enum: ROLES, examples: ['user'] })
  })
}

export async function checkJwtToken (app: App): Promise<void> {
  // What is remembered is answered before Fastify takes the request up; the route answers the same, and all else.
  app.shortcut('/CheckJWTToken', ({ authorization }) => {
    const identity = app.tokens.known(authorization)
    return identity && ['x-auth-user-id', String(identity.id), 'x-auth-role', identity.role]
  })

  app.get('/CheckJWTToken', { schema, logLevel: 'warn' }, async (request, reply) => {
    const { id, role } = await app.tokens.check(request.headers.authorization)
    return reply.headers({ 'x-auth-user-id': id, 'x-auth-role': role }).answer('Success')
  })
}
