import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { named, replies } from '../../src/replies.ts'
import { bearer, ref, Session } from '../../src/schemas.ts'
import { sessionOf } from './session.ts'

const schema = {
  operationId: 'listSessions',
  tags: ['Sessions'],
  summary: 'List the sessions of the account',
  description: 'Every login that is still good, those used last first, 100 at most. `Current` is the one that asks.',
  security: [bearer],
  response: replies([
    named('SessionList', { Sessions: Type.Array(ref(Session), { description: 'Those used last first.' }) }, { Success: { Sessions: [Session.examples?.[0]] } }),
    'Unauthorized', 'DatabaseUnavailable'
  ])
}

export async function listSessions (app: App): Promise<void> {
  app.get('/Auth/Sessions', { schema }, async ({ identity }, reply) => {
    const sessions = await app.ownSessions.list(identity)
    return reply.answer('Success', { Sessions: sessions.map(session => ({ ...sessionOf(session), Current: session.id === identity.sessionId })) })
  })
}
