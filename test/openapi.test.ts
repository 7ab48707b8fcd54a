import Fastify from 'fastify'
import t from 'tap'
import { catalogue } from '../src/catalogue.ts'
import { build, file, modes } from './helper.ts'
import { alternatives, closed, codesOf, isJson, operationsOf, resolved, type Json } from './support/document.ts'
import { standardReply } from './support/standard-replies.ts'

interface Document { openapi: string, tags: Array<{ name: string }>, components: { schemas: Record<string, Json>, securitySchemes: Json }, paths: Json }

const world = await build(t, 'embedded')
const document: Document = JSON.parse((await world.get('/openapi.json')).text)
const operations = [...operationsOf(document)].map(([at, operation]) => ({ at, operation }))

/** Every object within a JSON value. */
function objects (value: unknown): Json[] {
  if (Array.isArray(value)) return value.flatMap(objects)
  return isJson(value) ? [value, ...Object.values(value).flatMap(objects)] : []
}

/** What Ajv, as strict as the service's own, holds against a value. */
async function objections (schema: unknown, value: unknown): Promise<string> {
  const app = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, keywords: ['x-canonical', 'example'] } } })
  app.get('/', async request => {
    const validate = request.compileValidationSchema(Object(closed(resolved(schema, document))))
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
    'GET /Auth/Profile', 'POST /Auth/ChangePassword', 'POST /Auth/ChangeEmail', 'POST /Auth/ConfirmEmail', 'GET /Auth/Account', 'DELETE /Auth/Account',
    'GET /Admin/Users', 'GET /Admin/Users/{UserID}', 'PATCH /Admin/Users/{UserID}', 'DELETE /Admin/Users/{UserID}', 'POST /Admin/Users/{UserID}/RevokeSessions', 'GET /Admin/Events'
  ].sort())
})

t.test('every reference resolves, and what only later versions of OpenAPI know is absent', async t => {
  for (const { $ref } of objects(document)) {
    if ($ref !== undefined) t.ok(isJson(resolved({ $ref }, document)), String($ref))
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

t.test('every request body is a component with an example that the service would accept', async t => {
  for (const { at, operation: { requestBody, operationId } } of operations) {
    if (requestBody === undefined) continue
    const { schema } = requestBody.content['application/json']
    t.equal(await objections(schema, schema.example), '', `${at}: ${JSON.stringify(schema.example)}`)
    t.equal(schema.additionalProperties, false, `${at} takes no unknown field`)
    const name = `${operationId.charAt(0).toUpperCase()}${operationId.slice(1)}Request`
    t.same(resolved(document.components.schemas[name], document), schema, `${at} has ${name}`)
  }
  t.equal(operations.find(({ at }) => at === 'POST /Auth/Logout')?.operation.requestBody?.required, false, 'the body of a logout may be left out')
})

t.test('every reply has a description and, for each of its Codes, an example that its schema accepts', async t => {
  for (const { at, operation } of operations) {
    for (const [status, { description, headers, content }] of Object.entries(operation.responses)) {
      t.match(description, /\S/, `${at} ${status}`)
      const { schema, examples = {} } = content['application/json']
      for (const [key, { summary, value }] of Object.entries(examples)) {
        t.match(summary, /\S/)
        t.equal(await objections(schema, value), '', `${at} ${status} ${key}`)
      }
      const standard = standardReply(at, status)
      if (standard !== undefined) {
        t.same(Object.keys(Object(schema.properties)), standard, `${at} ${status} has the form of its standard`)
        continue
      }
      t.same(Object.values(examples).map(({ value }) => Object(value).Code), codesOf(schema), `${at} ${status}: one example for each Code`)
      for (const [key, { value }] of Object.entries(examples)) {
        const entry = Object.entries(catalogue).find(([name]) => name === key)?.[1]
        t.match(value, { Code: entry?.code, Msg: entry?.zh }, `${at} ${key} is the entry of the catalogue`)
        t.equal(entry?.status, Number(status), `${at} ${key} comes with its HTTP status`)
      }
      if (status === '401') t.ok(headers?.['WWW-Authenticate']?.required, `${at} ${status}`)
      if (['429', '503'].includes(status)) t.ok(headers?.['Retry-After']?.required, `${at} ${status}`)
    }
    t.ok('500' in operation.responses, `${at} says what an internal error looks like`)
  }
})

t.test('a Code tells the answers of a reply apart, and what an answer carries is there', async t => {
  for (const { at, operation } of operations) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      const codes = codesOf(content['application/json'].schema)
      t.equal(new Set(codes).size, codes.length, `${at} ${status}`)
    }
  }
  const login = alternatives(document.components.schemas.LoginAnswer).map(each => Object(resolved(each, document)))
  t.same(login.map(({ properties }) => properties.Code.enum), [[200, 202], [501]])
  t.same(login.map(({ required }) => required), [['Code', 'Msg', 'Token', 'UserID'], ['Code', 'Msg']])
  t.notOk('Token' in login[1].properties, 'a login that failed has no token')
})

t.test('every component is used', async t => {
  const used = new Set(objects(document).map(({ $ref }) => $ref))
  for (const kind of ['schemas', 'responses', 'headers']) {
    for (const name of Object.keys(Object(document.components)[kind])) t.ok(used.has(`#/components/${kind}/${name}`), `${kind}/${name}`)
  }
})

t.test('every Code in the document is in the catalogue', async t => {
  const known = new Set<unknown>(Object.values(catalogue).map(({ code }) => code))
  const named = objects(document).flatMap(({ properties }) => Object(Object(properties).Code).enum ?? [])
  t.ok(named.length > operations.length)
  for (const code of named) t.ok(known.has(code), String(code))
})

t.test('the token check asks for a bearer token', async t => {
  t.same(operations.find(({ at }) => at === 'GET /CheckJWTToken')?.operation.security, [{ Bearer: [] }])
  t.match(document.components.securitySchemes.Bearer, { type: 'http', scheme: 'bearer' })
})
