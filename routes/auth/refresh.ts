import type { App } from '../../src/app.ts'
import { named, PARSED, replies } from '../../src/replies.ts'
import { bearer, ref, Token, UserID } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'refresh',
  tags: ['Sessions'],
  summary: 'Have the token replaced',
  description: 'Exchanges the bearer token for a new one, so that a session goes on beyond the life of its tokens, up to `SESSION_EXPIRES_IN` after the login. The old one is good for 30 seconds more: requests under way, and a second try where the answer was lost. Exchanged again after that, it must be a copy: the session ends, for everybody.',
  security: [bearer],
  response: replies([
    named('RefreshSuccess', { Token: ref(Token), UserID: ref(UserID) }, { Success: { Token: Token.examples?.[0], UserID: 1 } }),
    'Unauthorized', ...PARSED, 'DatabaseUnavailable'
  ])
}

export async function refresh (app: App): Promise<void> {
  app.post('/Auth/Refresh', { schema, onRequest: async request => { app.tokens.read(request.headers.authorization) } }, async (request, reply) => {
    const { token, id } = await app.ownSessions.refresh(request.headers.authorization, callerOf(request))
    return reply.answer('Success', { Token: token, UserID: id })
  })
}
