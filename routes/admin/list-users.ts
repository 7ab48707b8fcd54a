import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { named, replies } from '../../src/replies.ts'
import { bearer, ref, Role, User } from '../../src/schemas.ts'
import { Limit, userOf } from './user.ts'

const example = User.examples?.[0]

const schema = {
  operationId: 'listUsers',
  tags: ['Administration'],
  summary: 'List or search accounts',
  description: 'Accounts in the order of their numbers, those that meet all that is given. `Next` is where the next page begins, to be sent as `After`; it is absent at the end. Code 201: there is none.\n\n' +
    '`Search` looks at how e-mail addresses and names begin, without regard to case, and at the number. A beginning that more than a thousand addresses or names share finds the first thousand in the alphabet and says so with `Incomplete`: make it longer.',
  security: [bearer],
  querystring: Type.Object({
    Search: Type.Optional(Type.String({ description: 'How the e-mail or the name begins, or the UserID.', 'x-canonical': 'name', minLength: 1, maxLength: 100, pattern: '^[^\\u0000-\\u001F\\u007F]+$', examples: ['alice@'] })),
    Role: Type.Optional(Type.Unsafe<'user' | 'super_admin'>({ type: 'string', enum: Role.enum, description: 'Only accounts of this role.', examples: ['super_admin'] })),
    Disabled: Type.Optional(Type.Unsafe<'true' | 'false'>({ type: 'string', enum: ['true', 'false'], description: 'Only accounts that are disabled, or only such as are not.', examples: ['true'] })),
    Limit: Type.Optional(Limit),
    After: Type.Optional(Type.String({ description: '`Next` of the page before.', pattern: '^[1-9][0-9]{0,9}$', examples: ['50'] }))
  }, { additionalProperties: false }),
  response: replies([
    named('UserList', {
      Users: Type.Array(ref(User), { description: 'In the order of their numbers.' }),
      Next: Type.Optional(Type.String({ description: 'Where the next page begins, to be sent as `After`; absent at the end.', examples: ['50'] })),
      Incomplete: Type.Optional(Type.Boolean({ description: 'Always `true`: more accounts begin like that than were looked at.' }))
    }, { Success: { Users: [example], Next: '1' } }),
    'Empty', 'BadRequest', 'Unauthorized', 'Forbidden', 'DatabaseUnavailable'
  ])
}

export async function listUsers (app: App): Promise<void> {
  app.get('/Admin/Users', { schema }, async ({ query: { Search, Role, Disabled, Limit = '50', After } }, reply) => {
    const { accounts, next, incomplete } = await app.administration.list(
      { search: Search, role: Role, disabled: Disabled === undefined ? undefined : Disabled === 'true' },
      { after: After === undefined ? undefined : Number(After), limit: Number(Limit) }
    )
    if (accounts.length === 0) return reply.answer('Empty')
    return reply.answer('Success', { Users: accounts.map(userOf), ...(next !== undefined && { Next: String(next) }), ...(incomplete && { Incomplete: true }) })
  })
}
