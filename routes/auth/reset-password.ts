import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { body, Email, ref } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'resetPassword',
  tags: ['Accounts'],
  summary: 'Reset the password: have a code mailed',
  description: 'Mails a reset code to the address. Nothing changes before `POST /Auth/UpdatePassword`.',
  body: body({
    Email: ref(Email),
    Password: Type.Optional(Type.String({ description: 'Ignored: older clients send it empty.', maxLength: 128, deprecated: true }))
  }),
  response: replies(['Success', 'UserNotFound', 'MailFailed', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable'])
}

export async function resetPassword (app: App): Promise<void> {
  app.post('/Auth/ResetPassword', { schema }, async (request, reply) => {
    await app.accounts.resetPassword(request.body, callerOf(request))
    return reply.answer('Success')
  })
}
