import assert from 'node:assert/strict'
import Fastify from 'fastify'
import fc from 'fast-check'
import type { Test } from 'tap'
import { digest, type Answer, type World } from '../helper.ts'
import { canonicalEmail, canonicalName } from '../../src/canonical.ts'
import { closed, operationsOf } from '../support/document.ts'
import { spell, type Member } from './text.ts'

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
  return [...operationsOf(JSON.parse((await world.get('/openapi.json')).text))].map(([at, { security, requestBody, responses }]): Operation => {
    const [method = '', path = ''] = at.split(' ')
    const { required = [], properties = {} } = Object(requestBody?.content['application/json'].schema)
    const replies = new Map(Object.entries(responses).map(([status, { content }]) => [Number(status), compile(closed(content['application/json'].schema))]))
    return {
      [fc.toStringMethod]: () => at,
      at,
      method: method as Operation['method'],
      path: path.replaceAll(/\{\w+\}/g, '1'),
      secured: security.length > 0,
      fields: Object.entries<Field['schema']>(properties).map(([name, schema]) => {
        const fits = compile(schema)
        return { [fc.toStringMethod]: () => name, name, schema, required: required.includes(name), allows: value => fits(canonical(schema['x-canonical'], value)) }
      }),
      objections ({ status, headers, body, text }) {
        if (status === 500) return ['HTTP 500 is nobody\'s wish']
        const fits = replies.get(status)
        if (fits === undefined) return [`HTTP ${status} is not documented: ${text}`]
        return [
          ...headers['content-type'] === 'application/json; charset=utf-8' ? [] : [`it is ${headers['content-type']}`],
          ...fits(body) ? [] : [`the schema of HTTP ${status} refuses ${text}`]
        ]
      }
    }
  })
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
