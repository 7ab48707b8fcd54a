import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { body, Email, Name, Password, ref, VerifyCode } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'verify',
  tags: ['Accounts'],
  summary: 'Sign up: create the account with the code',
  description: 'Creates the account with the name and password given here. The code is spent by that alone: after any other answer it can be used again, up to five wrong tries.',
  body: body({ Name: ref(Name), Email: ref(Email), Password: ref(Password), VerifyCode: ref(VerifyCode) }),
  response: replies(['Success', 'UserExists', 'CodeWrong', 'CodeExpired', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
}

export async function verify (app: App): Promise<void> {
  app.post('/Auth/Verify', { schema }, async (request, reply) => {
    await app.accounts.verify(request.body, callerOf(request))
    return reply.answer('Success')
  })
}
