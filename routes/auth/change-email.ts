import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { bearer, body, Email, LoginPassword, ref } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'changeEmail',
  tags: ['Account'],
  summary: 'Change the address: have a code mailed',
  description: 'Mails a code to the new address, on request of somebody who knows the password (else Code 501). Nothing changes before `POST /Auth/ConfirmEmail`.',
  security: [bearer],
  body: body({ Email: ref(Email), Password: ref(LoginPassword) }),
  response: replies(['Success', 'LoginFailed', 'UserExists', 'MailFailed', 'Unauthorized', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'])
}

export async function changeEmail (app: App): Promise<void> {
  app.post('/Auth/ChangeEmail', { schema }, async (request, reply) => {
    await app.ownAccount.changeEmail(request.identity, request.body, callerOf(request))
    return reply.answer('Success')
  })
}
