import type { App } from '../../src/app.ts'
import { BODY, named, replies } from '../../src/replies.ts'
import { body, Email, LoginPassword, ref, Token, UserID } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const example = { Token: Token.examples?.[0], UserID: 1 }

const schema = {
  operationId: 'login',
  tags: ['Accounts'],
  summary: 'Log in',
  description: 'Exchanges e-mail and password for a token. A wrong password and an unknown account are told apart neither by the answer nor by its time. Code 202 instead of 200 says that the account is a super administrator.',
  body: body({ Email: ref(Email), Password: ref(LoginPassword) }),
  response: replies([
    named('LoginSuccess', { Token: ref(Token), UserID: ref(UserID) }, { Success: example, SuperAdminLogin: example }),
    'LoginFailed', ...BODY, 'DatabaseUnavailable', 'CacheUnavailable', 'Busy'
  ])
}

export async function login (app: App): Promise<void> {
  app.post('/Auth/Login', { schema }, async (request, reply) => {
    const { token, id, role } = await app.accounts.login(request.body, callerOf(request))
    return reply.answer(role === 'super_admin' ? 'SuperAdminLogin' : 'Success', { Token: token, UserID: id })
  })
}
