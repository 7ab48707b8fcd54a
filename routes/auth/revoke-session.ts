import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { PARSED, replies } from '../../src/replies.ts'
import { bearer, ref, SessionID } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'

const schema = {
  operationId: 'revokeSession',
  tags: ['Sessions'],
  summary: 'End one session of the account',
  description: 'Ends a session at once, as its id is in the list. Code 201: the account has no such session, or it has ended already.',
  security: [bearer],
  params: Type.Object({ SessionID: ref(SessionID) }),
  response: replies(['Success', 'Empty', 'Unauthorized', ...PARSED, 'DatabaseUnavailable'])
}

export async function revokeSession (app: App): Promise<void> {
  app.delete('/Auth/Sessions/:SessionID', { schema }, async (request, reply) => {
    const revoked = await app.ownSessions.revoke(request.identity, request.params.SessionID, callerOf(request))
    return reply.answer(revoked ? 'Success' : 'Empty')
  })
}
