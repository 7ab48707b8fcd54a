import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { named, replies } from '../../src/replies.ts'
import { bearer, ref, Session, User } from '../../src/schemas.ts'
import { sessionOf } from '../auth/session.ts'
import { userOf, userParams } from './user.ts'

const schema = {
  operationId: 'showUser',
  tags: ['Administration'],
  summary: 'Look at an account',
  description: 'The account and its live sessions, those used last first, 100 at most. What people have told of themselves besides is for them alone.',
  security: [bearer],
  params: userParams,
  response: replies([
    named('UserDetails', { User: ref(User), Sessions: Type.Array(ref(Session), { description: 'Live ones, those used last first.' }) }, { Success: { User: User.examples?.[0], Sessions: [Session.examples?.[0]] } }),
    'UserNotFound', 'BadRequest', 'Unauthorized', 'Forbidden', 'DatabaseUnavailable'
  ])
}

export async function showUser (app: App): Promise<void> {
  app.get('/Admin/Users/:UserID', { schema }, async ({ params }, reply) => {
    const { account, sessions } = await app.administration.show(Number(params.UserID))
    return reply.answer('Success', { User: userOf(account), Sessions: sessions.map(sessionOf) })
  })
}
