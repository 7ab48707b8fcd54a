import type { App } from '../../src/app.ts'
import { replies } from '../../src/replies.ts'
import { bearer } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'
import { userParams } from './user.ts'

const schema = {
  operationId: 'deleteUser',
  tags: ['Administration'],
  summary: 'Delete an account',
  description: 'Erases the account and everything that is kept about its owner, at once and for good; name and address are free again. The last super administrator is refused with 403.',
  security: [bearer],
  params: userParams,
  response: replies(['Success', 'UserNotFound', 'BadRequest', 'Unauthorized', 'Forbidden', 'DatabaseUnavailable', 'CacheUnavailable'])
}

export async function deleteUser (app: App): Promise<void> {
  app.delete('/Admin/Users/:UserID', { schema }, async (request, reply) => {
    await app.administration.remove(Number(request.params.UserID), { id: request.identity.id, caller: callerOf(request) })
    return reply.answer('Success')
  })
}
