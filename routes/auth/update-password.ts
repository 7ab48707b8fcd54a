import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { body, Email, Password, ref, VerifyCode } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'updatePassword',
  tags: ['Accounts'],
  summary: 'Reset the password: set the new one with the code',
  description: 'Replaces the password, revokes every token of the account at once, voids its other codes, and tells the owner by mail. The code is spent by that alone: after any other answer it can be used again, up to five wrong tries.',
  body: body({ Email: ref(Email), Password: ref(Password), VerifyCode: ref(VerifyCode) }),
  response: replies(['Success', 'UserNotFound', 'CodeWrong', 'CodeExpired', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
}

export async function updatePassword (app: App): Promise<void> {
  app.post('/Auth/UpdatePassword', { schema }, async (request, reply) => {
    await app.accounts.updatePassword(request.body, callerOf(request))
    return reply.answer('Success')
  })
}
