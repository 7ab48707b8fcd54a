import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { PARSED, replies } from '../../src/replies.ts'
import { bearer, body } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'logout',
  tags: ['Sessions'],
  summary: 'Log out',
  description: 'Ends the session of the bearer token at once, or with `All` every session of the account. The body may be left out.',
  security: [bearer],
  body: body({ All: Type.Optional(Type.Boolean({ description: '`true` logs out everywhere.', examples: [true] })) }),
  response: replies(['Success', 'Unauthorized', ...PARSED, 'DatabaseUnavailable'])
}

export async function logout (app: App): Promise<void> {
  app.post('/Auth/Logout', {
    schema,
    preValidation: async request => { if (request.body === undefined) request.body = {} }
  }, async (request, reply) => {
    await app.ownSessions.logout(request.identity, request.body.All === true, callerOf(request))
    return reply.answer('Success')
  })
}
