import Fastify from 'fastify'
import t from 'tap'
import { catalogue } from '../src/catalogue.ts'
import { build, file, modes } from './helper.ts'
import { standardReply } from './support/standard-replies.ts'

type Json = Record<string, unknown>

interface Media { schema?: Json, example?: unknown, examples?: Record<string, { summary?: string, value: unknown }> }
interface Operation {
  operationId?: string
  tags?: string[]
  summary?: string
  description?: string
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, { description?: string, headers?: Record<string, Json>, content?: Record<string, Media> }>
}
interface Document { openapi: string, tags: Array<{ name: string }>, components: { schemas: Record<string, Json>, securitySchemes: Json }, paths: Record<string, Record<string, Operation>> }

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const world = await build(t, 'embedded')
const document: Document = JSON.parse((await world.get('/openapi.json')).text)
const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ at: `${method.toUpperCase()} ${path}`, operation })))

/** Every object within a JSON value. */
function objects (value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objects)
  return isJson(value) ? [value, ...Object.values(value).flatMap(objects)] : []
}

/** A schema of the document that stands alone: each reference replaced by what it refers to. */
function resolved (value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved)
  if (!isJson(value)) return value
  if (typeof value.$ref === 'string') return resolved(document.components.schemas[value.$ref.replace('#/components/schemas/', '')])
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each)]))
}

/** What Ajv, as strict as the service's own, holds against a value. */
async function objections (schema: unknown, value: unknown): Promise<string> {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, keywords: ['x-canonical', 'example'] } } })
  app.get('/', async request => {
    const validate = request.compileValidationSchema(Object(resolved(schema)))
    return validate(value) ? '' : JSON.stringify(validate.errors)
  })
  return (await app.inject('/')).body
}

t.test('openapi.yaml is what the routes say', async t => {
  t.ok(file('openapi.yaml') === world.app.swagger({ yaml: true }), 'openapi.yaml differs from the routes: run `npm run openapi`')
  t.equal((await world.get('/openapi.yaml')).text, file('openapi.yaml'), 'and is what is served')
})

for (const mode of modes) {
  t.test(`${mode}: the document is the same in both modes`, async t => {
    const { get } = await build(t, mode)
    t.same(JSON.parse((await get('/openapi.json')).text), document)
  })
}

t.test('it describes the routes of the contract and no other, in OpenAPI 3.0.3', async t => {
  t.equal(document.openapi, '3.0.3')
  t.same(operations.map(({ at }) => at).sort(), [
    'GET /.well-known/jwks.json', 'GET /CheckJWTToken', 'GET /health', 'GET /health/live',
    'POST /Auth/Login', 'POST /Auth/ResetPassword', 'POST /Auth/Sign', 'POST /Auth/UpdatePassword', 'POST /Auth/Verify',
    'POST /Auth/Refresh', 'POST /Auth/Logout', 'GET /Auth/Sessions', 'DELETE /Auth/Sessions/{SessionID}',
    'POST /Auth/ChangePassword', 'POST /Auth/ChangeEmail', 'POST /Auth/ConfirmEmail', 'GET /Auth/Account', 'DELETE /Auth/Account',
    'GET /Admin/Users', 'GET /Admin/Users/{UserID}', 'PATCH /Admin/Users/{UserID}', 'DELETE /Admin/Users/{UserID}', 'POST /Admin/Users/{UserID}/RevokeSessions', 'GET /Admin/Events'
  ].sort())
})

t.test('every reference resolves, and what only later versions of OpenAPI know is absent', async t => {
  for (const { $ref } of objects(document)) {
    if ($ref !== undefined) t.ok(String($ref).replace('#/components/schemas/', '') in document.components.schemas, String($ref))
  }
  const later = (schema: Json): boolean => Array.isArray(schema.type) || Array.isArray(schema.examples) || 'const' in schema || '$id' in schema || 'anyOf' in schema
  t.same(objects([document.components.schemas, document.paths]).filter(later), [])
})

t.test('every operation has a name of its own, a known tag, a summary and a description', async t => {
  const names = operations.map(({ operation }) => operation.operationId)
  t.equal(new Set(names).size, operations.length)
  for (const { at, operation } of operations) {
    t.match(operation.operationId, /^[a-z][A-Za-z]+$/, at)
    t.ok(operation.tags?.length === 1 && document.tags.some(({ name }) => name === operation.tags?.[0]), at)
    t.match(operation.summary, /\S/, at)
    t.match(operation.description, /\S/, at)
  }
})

t.test('every request body and every parameter model has an example that the service would accept', async t => {
  for (const { at, operation } of operations) {
    for (const { schema } of Object.values(operation.requestBody?.content ?? {})) {
      const properties = Object.entries(Object(schema).properties as Record<string, Json>)
      const example = Object.fromEntries(properties.flatMap(([name, each]) => {
        const { example } = Object(resolved(each))
        return example === undefined ? [] : [[name, example]]
      }))
      t.equal(await objections(schema, example), '', `${at}: ${JSON.stringify(example)}`)
      t.equal(Object(schema).additionalProperties, false, `${at} takes no unknown field`)
    }
  }
})

t.test('every reply has a description and, for each of its Codes, an example that its schema accepts', async t => {
  for (const { at, operation } of operations) {
    for (const [status, { description, headers, content }] of Object.entries(operation.responses)) {
      t.match(description, /\S/, `${at} ${status}`)
      const { schema, examples = {} } = content?.['application/json'] ?? {}
      const standard = standardReply(at, status)
      if (standard !== undefined) {
        t.same(Object.keys(Object(resolved(schema)).properties), standard, `${at} ${status} has the form of its standard`)
        for (const [key, { summary, value }] of Object.entries(examples)) {
          t.match(summary, /\S/)
          t.equal(await objections(schema, value), '', `${at} ${status} ${key}`)
        }
        continue
      }
      const codes: unknown = Object(resolved(schema)).properties.Code.enum
      t.same(Object.values(examples).map(({ value }) => Object(value).Code), codes, `${at} ${status}: one example for each Code`)
      for (const [key, { summary, value }] of Object.entries(examples)) {
        t.match(summary, /\S/)
        t.equal(await objections(schema, value), '', `${at} ${status} ${key}`)
        const entry = Object.entries(catalogue).find(([name]) => name === key)?.[1]
        t.match(value, { Code: entry?.code, Msg: entry?.zh }, `${at} ${key} is the entry of the catalogue`)
        t.equal(entry?.status, Number(status), `${at} ${key} comes with its HTTP status`)
      }
      if (status === '401') t.ok(headers?.['WWW-Authenticate']?.schema, `${at} ${status}`)
      if (['429', '503'].includes(status)) t.ok(headers?.['Retry-After']?.schema, `${at} ${status}`)
    }
    t.ok('500' in operation.responses, `${at} says what an internal error looks like`)
  }
})

t.test('every Code in the document is in the catalogue', async t => {
  const known = new Set<unknown>(Object.values(catalogue).map(({ code }) => code))
  const named = objects(document).flatMap(({ properties }) => Object(Object(properties).Code).enum ?? [])
  t.ok(named.length > operations.length)
  for (const code of named) t.ok(known.has(code), String(code))
})

t.test('the token check asks for a bearer token', async t => {
  t.same(Object(document.paths['/CheckJWTToken']?.get).security, [{ Bearer: [] }])
  t.match(document.components.securitySchemes.Bearer, { type: 'http', scheme: 'bearer' })
})
