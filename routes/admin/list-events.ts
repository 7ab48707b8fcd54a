import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { EMAIL_PATTERN } from '../../src/canonical.ts'
import { EVENT_TYPES, type EventType, type Outcome } from '../../src/events.ts'
import { named, replies } from '../../src/replies.ts'
import { AccountEvent, bearer, ref } from '../../src/schemas.ts'
import { eventOf } from '../event.ts'
import { Limit } from './user.ts'

const time = (description: string) => Type.String({ description, format: 'date-time', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:[0-5]\\d(\\.\\d{1,3})?Z$', examples: ['2026-11-25T08:30:00Z'] })
const milliseconds = (time: string | undefined): number | undefined => time === undefined ? undefined : Date.parse(time)

const schema = {
  operationId: 'listEvents',
  tags: ['Administration'],
  summary: 'List or search the audit trail',
  description: 'Events, newest first, those that meet all that is given. `Next` is where the next page begins, to be sent as `After`; it is absent at the end. Code 201: there is none.\n\n' +
    'The trail keeps no addresses: `Email` finds what was done under an address by the keyed hash that stands for it. What an administrator did is an event of the account it was done to, and another, `administration`, of the administrator, with the same `RequestID`.',
  security: [bearer],
  querystring: Type.Object({
    Type: Type.Optional(Type.Unsafe<EventType>({ type: 'string', enum: EVENT_TYPES, description: 'What was tried.', examples: ['login'] })),
    Outcome: Type.Optional(Type.Unsafe<Outcome>({ type: 'string', enum: ['success', 'failure'], description: 'How it ended.', examples: ['failure'] })),
    UserID: Type.Optional(Type.String({ description: 'Number of the account.', pattern: '^[1-9][0-9]{0,9}$', examples: ['1'] })),
    Email: Type.Optional(Type.String({ description: 'The address that was asked for, whether or not it has an account.', 'x-canonical': 'email', maxLength: 100, pattern: EMAIL_PATTERN, examples: ['alice@example.com'] })),
    Network: Type.Optional(Type.String({ description: 'Where from: an IPv4 address, an IPv6 address or its /64.', pattern: '^[0-9A-Fa-f.:/]{1,64}$', examples: ['203.0.113.7'] })),
    Since: Type.Optional(time('From this time on (UTC, ISO 8601).')),
    Until: Type.Optional(time('Before this time (UTC, ISO 8601).')),
    Limit: Type.Optional(Limit),
    After: Type.Optional(Type.String({ description: '`Next` of the page before.', pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$', examples: ['019abcde-0000-7000-8000-000000000000'] }))
  }, { additionalProperties: false }),
  response: replies([
    named('EventList', {
      Events: Type.Array(ref(AccountEvent), { description: 'Newest first.' }),
      Next: Type.Optional(Type.String({ description: 'Where the next page begins, to be sent as `After`; absent at the end.', examples: [AccountEvent.examples?.[0].EventID] }))
    }, { Success: { Events: [AccountEvent.examples?.[0]] } }),
    'Empty', 'BadRequest', 'Unauthorized', 'Forbidden', 'DatabaseUnavailable'
  ])
}

export async function listEvents (app: App): Promise<void> {
  app.get('/Admin/Events', { schema }, async ({ query: { Type, Outcome, UserID, Email, Network, Since, Until, Limit = '50', After } }, reply) => {
    const { events, next } = await app.administration.events(
      { type: Type, outcome: Outcome, userId: UserID === undefined ? undefined : Number(UserID), email: Email, network: Network, since: milliseconds(Since), until: milliseconds(Until) },
      { after: After, limit: Number(Limit) }
    )
    if (events.length === 0) return reply.answer('Empty')
    return reply.answer('Success', { Events: events.map(eventOf), ...(next !== undefined && { Next: next }) })
  })
}
