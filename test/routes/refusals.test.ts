import Fastify from 'fastify'
import t from 'tap'
import drain from '../../plugins/drain.ts'
import envelope from '../../plugins/envelope.ts'
import transport from '../../plugins/transport.ts'
import validation, { ajv } from '../../plugins/validation.ts'
import { loadConfig } from '../../src/config.ts'

const fields = {
  All: { type: 'boolean' },
  Count: { type: 'integer', minimum: 1, maximum: 100 },
  Role: { type: 'string', enum: ['user', 'super_admin'] },
  Amount: { type: 'string', pattern: '^[1-9][0-9]{0,2}$' },
  After: { type: 'string', pattern: '^[0-9a-f-]{36}$' },
  Name: { type: 'string', pattern: '^[^\\u0000]+$' }
}

type Refused = [where: 'body' | 'query', field: keyof typeof fields, value: unknown, zh: string, en: string]
const inBody = (field: keyof typeof fields, values: unknown[], zh: string, en: string): Refused[] => values.map(value => ['body', field, value, zh, en])

/** How each refused value is explained: where it was sent, the field, in Chinese and in English. */
const refused: Refused[] = [
  ...inBody('All', [0, 1, 'true', null, []], '必须是 true 或 false', 'must be true or false'),
  ...inBody('Count', ['7', 7.5, true, null], '必须是整数', 'must be an integer'),
  ['body', 'Count', 0, '不能小于 1', 'must be at least 1'],
  ['body', 'Count', 101, '不能大于 100', 'must be at most 100'],
  ['body', 'Role', 'root', '只能是下列之一：user, super_admin', 'must be one of user, super_admin'],
  ['body', 'Role', 5, '必须是字符串', 'must be a string'],
  ['query', 'Role', 'root', '只能是下列之一：user, super_admin', 'must be one of user, super_admin'],
  ['query', 'Amount', 'ten', '必须是整数', 'must be an integer'],
  ['query', 'Amount', '', '必须是整数', 'must be an integer'],
  ['query', 'After', '10', '格式不正确', 'is not valid'],
  ['body', 'Name', '\u0000', '包含非法字符', 'contains a character that is not allowed']
]

t.test('I1: a refused field is told what would do: a boolean, an integer and its bounds, one of a few words, digits in a query', async t => {
  const app = Fastify({ ajv })
  t.teardown(() => app.close())
  await app.register(drain, { SHUTDOWN_DELAY: 0, SHUTDOWN_GRACE: 5 })
  await app.register(transport, loadConfig({ JWT_SECRET_KEY: 'a key of no importance 0123456789' }))
  await app.register(envelope)
  await app.register(validation)
  const { Amount, After, Role, ...others } = fields
  app.post('/', { schema: { body: { type: 'object', properties: { Role, ...others }, additionalProperties: false }, querystring: { type: 'object', properties: { Amount, After, Role }, additionalProperties: false } } }, async (_request, reply) => reply.answer('Success'))

  const ask = async (body: object, query: Record<string, string>, language: string) => {
    const { statusCode, body: answer } = await app.inject({ method: 'POST', url: '/', query, payload: body, headers: { 'accept-language': language } })
    return [statusCode, JSON.parse(answer).Details]
  }
  for (const [where, Field, value, zh, en] of refused) {
    for (const [language, Reason] of [['zh', zh], ['en', en]] as const) {
      const answer = await ask(where === 'body' ? { [Field]: value } : {}, where === 'query' ? { [Field]: String(value) } : {}, language)
      t.strictSame(answer, [400, [{ Field, Reason }]], `${where} ${Field}: ${JSON.stringify(value)}`)
    }
  }
  t.strictSame(await ask({ All: true, Count: 7, Role: 'user', Name: 'Alice' }, { Amount: '50', Role: 'super_admin' }, 'en'), [200, undefined])
})
