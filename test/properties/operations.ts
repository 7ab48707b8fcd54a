import assert from 'node:assert/strict'
import Fastify from 'fastify'
import fc from 'fast-check'
import type { Test } from 'tap'
import { digest, type Answer, type World } from '../helper.ts'
import { canonicalEmail, canonicalName } from '../../src/canonical.ts'
import { spell, type Member } from './text.ts'

type Json = Record<string, unknown>
type Check = (value: unknown) => boolean

/** Shown by its name where a property fails. */
type Shown = fc.WithToStringMethod

/** A field of a request body, as the document describes it. */
export interface Field extends Shown {
  name: string
  required: boolean
  schema: { type?: string, minLength?: number, maxLength?: number, pattern?: string, example?: unknown, 'x-canonical'?: string }
  /** Whether the document allows the value, in its canonical spelling. */
  allows: Check
}

/** An operation of the OpenAPI document. */
export interface Operation extends Shown {
  /** `POST /Auth/Login` */
  at: string
  method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  path: string
  /** Whether it asks for a token before it looks at anything else. */
  secured: boolean
  fields: Field[]
  /** What the document has against an answer: nothing, for all those there should ever be. */
  objections: (answer: Answer) => string[]
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A schema of the document that stands alone: each reference replaced by what it refers to. */
function resolved (value: unknown, schemas: Json): unknown {
  if (Array.isArray(value)) return value.map(each => resolved(each, schemas))
  if (!isJson(value)) return value
  if (typeof value.$ref === 'string') return resolved(schemas[value.$ref.replace('#/components/schemas/', '')], schemas)
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each, schemas)]))
}

/** Makes validators out of schemas, with a Fastify that is not the service's. */
async function compiler (t: Test): Promise<(schema: unknown) => Check> {
  const other = Fastify({ ajv: { customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true, keywords: ['x-canonical', 'example'] } } })
  t.teardown(() => other.close())
  return new Promise(resolve => {
    other.get('/', async request => { resolve(schema => request.compileValidationSchema(Object(schema)) as Check) })
    other.inject('/', () => {})
  })
}

function canonical (kind: string | undefined, value: unknown): unknown {
  if (typeof value !== 'string') return value
  return kind === 'email' ? canonicalEmail(value) : kind === 'name' ? canonicalName(value) : value
}

/** Every operation that the service documents, so that a route that is added is tested as the others are. */
export async function operations (t: Test, world: World): Promise<Operation[]> {
  const compile = await compiler(t)
  const document = JSON.parse((await world.get('/openapi.json')).text)
  const schemas: Json = document.components.schemas
  return Object.entries<Json>(document.paths).flatMap(([path, methods]) => Object.entries<Json>(Object(methods)).map(([method, operation]): Operation => {
    const body = Object(resolved(Object(operation).requestBody, schemas)).content?.['application/json'].schema ?? {}
    const replies = new Map(Object.entries<Json>(Object(operation.responses)).map(([status, reply]) => {
      const schema = Object(resolved(Object(reply.content)['application/json'].schema, schemas))
      return [Number(status), { names: Object.keys(schema.properties), fits: compile(schema) }]
    }))
    return {
      [fc.toStringMethod]: () => `${method.toUpperCase()} ${path}`,
      at: `${method.toUpperCase()} ${path}`,
      method: method.toUpperCase() as Operation['method'],
      path: path.replaceAll(/\{\w+\}/g, '1'),
      secured: operation.security !== undefined,
      fields: Object.entries<Field['schema']>(body.properties ?? {}).map(([name, schema]) => {
        const fits = compile(schema)
        return { [fc.toStringMethod]: () => name, name, schema, required: body.required?.includes(name) === true, allows: value => fits(canonical(schema['x-canonical'], value)) }
      }),
      objections ({ status, headers, body, text }) {
        if (status === 500) return ['HTTP 500 is nobody\'s wish']
        const reply = replies.get(status)
        if (reply === undefined) return [`HTTP ${status} is not documented: ${text}`]
        return [
          ...headers['content-type'] === 'application/json; charset=utf-8' ? [] : [`it is ${headers['content-type']}`],
          ...reply.fits(body) ? [] : [`the schema of HTTP ${status} refuses ${text}`],
          ...Object.keys(body).filter(name => !reply.names.includes(name)).map(name => `${name} is not documented`)
        ]
      }
    }
  }))
}

let visits = 0

/** An address in a network, and in a block of networks, that nobody has asked from before: no limit for either stands in the way. */
export function elsewhere (): string {
  const n = ++visits
  return `10.${n & 255}.${(n >> 8) & 255}.1`
}

let serial = 0

/** A body that the operation takes, about somebody nobody has heard of. */
export function goodBody ({ fields }: Operation): Array<[name: string, value: unknown]> {
  const n = ++serial
  return fields.map(({ name, schema }) => {
    switch (schema['x-canonical']) {
      case 'email': return [name, `person${n}@example.com`]
      case 'name': return [name, `Person ${n}`]
    }
    return [name, name === 'Password' ? digest(`password of ${n}`) : schema.example ?? (schema.type === 'string' ? '' : null)]
  })
}

/** The members of a good body as they are written. */
export function goodMembers (operation: Operation): Member[] {
  return goodBody(operation).map(([name, value]) => [spell(name, 0), JSON.stringify(value)])
}

/** What is sent to an operation. A string or bytes are sent as they are. */
export interface Sending { payload?: string | Buffer, headers?: Record<string, string>, from?: string }

/** Asks an operation and returns its answer, which must be one that is documented. */
export async function send ({ app }: World, { at, method, path, objections }: Operation, { payload, headers = {}, from = elsewhere() }: Sending): Promise<Answer> {
  const { statusCode: status, headers: answered, body: text } = await app.inject({
    method,
    url: path,
    remoteAddress: from,
    headers: { ...(payload !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(payload !== undefined && { payload })
  })
  const answer = { status, headers: answered, body: JSON.parse(text), text }
  assert.deepEqual(objections(answer), [], at)
  return answer
}
