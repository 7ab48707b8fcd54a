import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { bearer, body, LoginPassword, Password, ref } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'changePassword',
  tags: ['Account'],
  summary: 'Change the password',
  description: 'Replaces the password by somebody who knows the old one (else Code 501). Every other session of the account ends at once, codes that were mailed are void, and the owner is told by mail. The session that asks goes on.',
  security: [bearer],
  body: body({ OldPassword: ref(LoginPassword), NewPassword: ref(Password) }),
  response: replies(['Success', 'LoginFailed', 'Unauthorized', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
}

export async function changePassword (app: App): Promise<void> {
  app.post('/Auth/ChangePassword', { schema }, async (request, reply) => {
    await app.ownAccount.changePassword(request.identity, request.body, callerOf(request))
    return reply.answer('Success')
  })
}
