import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { bearer, body, Email, ref, VerifyCode } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'confirmEmail',
  tags: ['Account'],
  summary: 'Change the address: confirm it with the code',
  description: 'Replaces the address. The old one is told by mail, and is kept for the account for seven days: a password reset there gives the account back to it and ends every session.',
  security: [bearer],
  body: body({ Email: ref(Email), VerifyCode: ref(VerifyCode) }),
  response: replies(['Success', 'UserExists', 'CodeWrong', 'CodeExpired', 'Unauthorized', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable'])
}

export async function confirmEmail (app: App): Promise<void> {
  app.post('/Auth/ConfirmEmail', { schema }, async (request, reply) => {
    await app.ownAccount.confirmEmail(request.identity, request.body, callerOf(request))
    return reply.answer('Success')
  })
}
