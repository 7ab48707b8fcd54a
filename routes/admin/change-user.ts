import { Type } from '@sinclair/typebox'
import type { App } from '../../src/app.ts'
import { named, PARSED, replies } from '../../src/replies.ts'
import { bearer, body, ref, Role, User } from '../../src/schemas.ts'
import { callerOf } from '../caller.ts'
import { userOf, userParams } from './user.ts'

const schema = {
  operationId: 'changeUser',
  tags: ['Administration'],
  summary: 'Disable or enable an account, or change its role',
  description: 'Takes effect at once, everywhere. A disabled account cannot log in, and its sessions have ended for good: enabling it does not bring them back. The last super administrator can be neither disabled nor demoted (403).',
  security: [bearer],
  params: userParams,
  body: {
    ...body({
      Disabled: Type.Optional(Type.Boolean({ description: 'Whether it may not log in.', examples: [true] })),
      Role: Type.Optional(ref(Role))
    }),
    minProperties: 1
  },
  response: replies([
    named('UserChanged', { User: ref(User) }, { Success: { User: User.examples?.[0] } }),
    'UserNotFound', ...PARSED, 'Unauthorized', 'Forbidden', 'DatabaseUnavailable'
  ])
}

export async function changeUser (app: App): Promise<void> {
  app.patch('/Admin/Users/:UserID', { schema }, async (request, reply) => {
    const { Disabled, Role } = request.body
    const account = await app.administration.change(Number(request.params.UserID), { disabled: Disabled, role: Role }, { id: request.identity.id, caller: callerOf(request) })
    return reply.answer('Success', { User: userOf(account) })
  })
}
