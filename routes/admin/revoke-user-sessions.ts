import type { App } from '../../src/app.ts'
import { replies } from '../../src/replies.ts'
import { bearer } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'
import { userParams } from './user.ts'

const schema = {
  operationId: 'revokeUserSessions',
  tags: ['Administration'],
  summary: 'End every session of an account',
  description: 'Logs the account out everywhere, at once. It may log in again. Takes no body.',
  security: [bearer],
  params: userParams,
  response: replies(['Success', 'UserNotFound', 'BadRequest', 'Unauthorized', 'Forbidden', 'DatabaseUnavailable'])
}

export async function revokeUserSessions (app: App): Promise<void> {
  app.post('/Admin/Users/:UserID/RevokeSessions', { schema }, async (request, reply) => {
    await app.administration.revokeSessions(Number(request.params.UserID), { id: request.identity.id, caller: callerOf(request) })
    return reply.answer('Success')
  })
}
