import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { named, replies } from '../../src/replies.ts'
import { AccountData, AccountEvent, bearer, FormerEmail, isoTime, ref, Session } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'
import { eventOf } from '../event.ts'
import { sessionOf } from './session.ts'

const schema = {
  operationId: 'exportAccount',
  tags: ['Account'],
  summary: 'Have everything that is kept about the account',
  description: 'The data of the account, its former addresses that are still reserved, its sessions and the events of the audit trail: all there is in the database, but for the hash of the password, and for events beyond the newest 2,000.',
  security: [bearer],
  response: replies([
    named('AccountExport', {
      Account: ref(AccountData),
      FormerEmails: Type.Array(ref(FormerEmail), { description: 'Addresses it had that are still reserved.' }),
      Sessions: Type.Array(ref(Session), { description: 'Its sessions, those that were ended too.' }),
      Events: Type.Array(ref(AccountEvent), { description: 'What happened to it, newest first.' })
    }, { Success: { Account: AccountData.examples?.[0], FormerEmails: [FormerEmail.examples?.[0]], Sessions: [Session.examples?.[0]], Events: [AccountEvent.examples?.[0]] } }),
    'Unauthorized', 'DatabaseUnavailable'
  ])
}

export async function exportAccount (app: App): Promise<void> {
  app.get('/Auth/Account', { schema }, async (request, reply) => {
    const { account, formerEmails, sessions, events } = await app.exportAccount(request.identity, callerOf(request))
    const { UserName: Name, RegisterTime, LastLogin, ...rest } = account
    return reply.answer('Success', {
      Account: { ...rest, Name, RegisterTime: RegisterTime === null ? null : isoTime(RegisterTime), LastLogin: LastLogin === null ? null : isoTime(LastLogin) },
      FormerEmails: formerEmails.map(({ Email, ReservedUntil }) => ({ Email, ReservedUntil: isoTime(ReservedUntil) })),
      Sessions: sessions.map(session => ({ ...sessionOf(session), Current: session.id === request.identity.sessionId, Ended: session.ended === true })),
      Events: events.map(eventOf)
    })
  })
}
