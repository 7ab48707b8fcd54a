import type { App } from '../../src/app.ts'
import { named, replies } from '../../src/replies.ts'
import { AccountData, bearer, isoTime, ref } from '../../src/schemas.ts'

const schema = {
  operationId: 'showProfile',
  tags: ['Account'],
  summary: 'Show the account',
  description: 'The data of the account alone, for a page that shows it. `GET /Auth/Account` has everything that is kept, and is an event of the audit trail; this is none.',
  security: [bearer],
  response: replies([
    named('Profile', { Account: ref(AccountData) }, { Success: { Account: AccountData.examples?.[0] } }),
    'Unauthorized', 'DatabaseUnavailable'
  ])
}

export async function showProfile (app: App): Promise<void> {
  app.get('/Auth/Profile', { schema }, async ({ identity }, reply) => {
    const { UserName: Name, RegisterTime, LastLogin, ...rest } = await app.ownAccount.show(identity)
    return reply.answer('Success', { Account: { ...rest, Name, RegisterTime: RegisterTime === null ? null : isoTime(RegisterTime), LastLogin: LastLogin === null ? null : isoTime(LastLogin) } })
  })
}
