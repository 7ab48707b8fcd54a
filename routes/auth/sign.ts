import type { App } from '../../src/app.ts'
import { BODY, replies } from '../../src/replies.ts'
import { body, Email, Name, Password, ref } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'sign',
  tags: ['Accounts'],
  summary: 'Sign up: have a code mailed',
  description: 'Mails a registration code to the address. No account exists yet: `POST /Auth/Verify` creates it. Another code can be had after the cooldown; it voids the older one.',
  body: body({ Name: ref(Name), Email: ref(Email), Password: ref(Password) }),
  response: replies(['Success', 'UserExists', 'MailFailed', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable'])
}

export async function sign (app: App): Promise<void> {
  app.post('/Auth/Sign', { schema }, async (request, reply) => {
    await app.accounts.sign(request.body, callerOf(request))
    return reply.answer('Success')
  })
}
