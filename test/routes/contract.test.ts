import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { build, digest, modes, type Answer, type Mode } from '../helper.ts'
import { closed, codesOf, operationsOf, type Operation, type Reply } from '../support/document.ts'
import { standardReply } from '../support/standard-replies.ts'
import { stage, type Condition } from './contract-conditions.ts'
import { meanings, table, type Row, type Scene } from './contract-table.ts'

/** The OpenAPI document as the service makes it. */
async function documented (t: Test): Promise<Map<string, Operation>> {
  const { app } = await build(t, 'embedded')
  return operationsOf(app.swagger())
}

/** Holds bodies against the documented schemas, with another Fastify's validator: says what is wrong, `ok` for nothing. */
async function schemaChecker (t: Test, operations: Map<string, Operation>): Promise<(route: string, answer: Answer) => Promise<string>> {
  const checker = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, strict: false } } })
  t.teardown(() => checker.close())
  const url = (route: string, status: number | string): string => `/${route.replaceAll(/\W+/g, '-')}/${status}`
  for (const [route, { responses }] of operations) {
    for (const [status, { content }] of Object.entries(responses)) {
      checker.post(url(route, status), { schema: { body: closed(content['application/json'].schema) } }, async () => 'ok')
    }
  }
  return async (route, { status, text }) => {
    const { body } = await checker.inject({ method: 'POST', url: url(route, status), headers: { 'content-type': 'application/json' }, payload: text })
    return body
  }
}

let serial = 0

async function tell (world: Scene['world'], route: string, row: Row, language: Scene['language']): Promise<() => Promise<Answer>> {
  const n = ++serial
  const [method = '', url = ''] = route.split(' ')
  const from = `10.${n >> 8}.${n & 255}.1`
  const spoken: Record<string, string> = language === 'en' ? { 'accept-language': 'en-US,en;q=0.9' } : {}
  const scene: Scene = {
    world,
    from,
    language,
    person: { Name: `Person ${n}`, Email: `person${n}@example.com`, Password: digest(`password of ${n}`) },
    post: (body, headers) => world.post(url, body, { from, headers: { ...spoken, ...headers } }),
    get: headers => world.get(url, { from, headers: { ...spoken, ...headers } }),
    send: (body, headers, at = url) => world.ask(method, at, body, { from, headers: { ...spoken, ...headers } })
  }
  const prepared = await row.prepare?.(scene) ?? ''
  return () => row.ask(scene, prepared)
}

function check (t: Test, route: string, responses: Record<string, Reply>, { code, carries = [] }: Row, language: Scene['language'], { status, headers, body, text }: Answer): void {
  const meaning = meanings[code]
  const standard = standardReply(route, status)
  if (standard === undefined) t.strictSame({ status, Code: body.Code, Msg: body.Msg }, { status: meaning?.status, Code: code, Msg: meaning?.[language] }, text)
  else t.equal(status, code, text)
  t.equal(headers['content-type'], 'application/json; charset=utf-8')
  t.strictSame(Object.keys(body).sort(), (standard ?? ['Code', 'Msg', ...carries]).sort(), 'carries what it should and nothing else')
  if (meaning?.retryAfter) t.match(headers['retry-after'], /^[1-9]\d*$/, 'Retry-After in seconds')
  else t.notOk('retry-after' in headers, 'no Retry-After where there is nothing to wait for')
  if (code === 429) t.equal(String(body.RetryAfter), String(headers['retry-after']), 'RetryAfter says the same as the header')
  if (code === 401) t.match(headers['www-authenticate'], /^Bearer /, 'the challenge of RFC 6750')
  for (const [name, { required }] of Object.entries(responses[status]?.headers ?? {})) {
    if (required) t.ok(name.toLowerCase() in headers, `carries the documented header ${name}`)
  }
}

const rows = Object.entries(table).flatMap(([route, rows]) => rows.map(row => ({ route, row })))

t.test('the table has a row for every documented Code of every route, and none that is not documented', async t => {
  const codes = [...await documented(t)].flatMap(([route, { responses }]) =>
    Object.entries(responses).flatMap(([status, { content }]) => {
      // Where there is no Code, the row has the HTTP status.
      const codes = standardReply(route, status) ? [Number(status)] : codesOf(content['application/json'].schema)
      return codes.map(code => `${route} ${code}`)
    }))
  t.strictSame([...new Set(rows.map(({ route, row }) => `${route} ${row.code}`))].sort(), codes.sort())
})

async function tellAll (t: Test, mode: Mode, condition: Condition): Promise<void> {
  const operations = await documented(t)
  const fits = await schemaChecker(t, operations)
  const { world, enter } = await stage(t, mode, condition)
  const told: Array<{ route: string, row: Row, language: Scene['language'], ask: () => Promise<Answer> }> = []
  for (const { route, row } of rows) {
    if ((row.under ?? 'all is well') !== condition || row.modes?.includes(mode) === false) continue
    for (const language of ['zh', 'en'] as const) told.push({ route, row, language, ask: await tell(world, route, row, language) })
  }
  await enter()
  for (const { route, row, language, ask } of told) {
    await t.test(`${route} answers ${row.code} (${language})`, async t => {
      const answer = await ask()
      check(t, route, operations.get(route)?.responses ?? {}, row, language, answer)
      t.equal(await fits(route, answer), 'ok', 'the body is as documented')
    })
  }
}

for (const mode of modes) {
  for (const condition of new Set(rows.map(({ row }) => row.under ?? 'all is well'))) {
    // Embedded mode has no Redis that could be away.
    if (mode === 'embedded' && condition === 'Redis is away') continue
    t.test(`${mode}: while ${condition}, every route answers the Codes of the contract in both languages`, t => tellAll(t, mode, condition))
  }
}
