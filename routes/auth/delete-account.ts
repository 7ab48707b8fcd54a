import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { bearer, body, LoginPassword, ref } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'deleteAccount',
  tags: ['Account'],
  summary: 'Delete the account',
  description: 'Erases the account and everything that is kept about it, at once and for good, on request of somebody who knows the password (else Code 501). Name and address are free again. The last super administrator is refused with 403.',
  security: [bearer],
  body: body({ Password: ref(LoginPassword) }),
  response: replies(['Success', 'LoginFailed', 'Unauthorized', 'Forbidden', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
}

export async function deleteAccount (app: App): Promise<void> {
  app.delete('/Auth/Account', { schema }, async (request, reply) => {
    await app.ownAccount.remove(request.identity, request.body, callerOf(request))
    return reply.answer('Success')
  })
}
