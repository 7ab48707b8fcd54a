import { Type } from '@sinclair/typebox'
import { catalogue, type Key } from '../catalogue.ts'
import { carried, fieldsOf, keysOf, type Documented, type Item } from '../replies.ts'
import { meanings } from './meanings.ts'
import { component, openapiSchema, type Json } from './schema.ts'

export interface Components { schemas: Json, responses: Json, headers: Json }

/** Headers that the replies of an HTTP status have besides. */
const HEADERS: Record<number, string[]> = { 401: ['WWW-Authenticate'], 429: ['Retry-After'], 503: ['Retry-After'] }

export const headers: Json = {
  'Retry-After': { description: 'Seconds until it is worth trying again (RFC 9110, section 10.2.3).', required: true, schema: { type: 'integer', minimum: 1 }, example: 2 },
  'WWW-Authenticate': { description: 'The challenge of RFC 6750, section 3.', required: true, schema: { type: 'string' }, example: 'Bearer realm="dream", error="invalid_token"' },
  'X-Request-Id': { description: 'The id of the request, as the log of the service has it. What is asked all the time has none: the check of a token, the keys, health.', schema: { type: 'string' }, example: '3f0c8a9c-7f1f-4a43-9d53-0b9f6f0e5a21' }
}

/** Alternatives of HTTP 503 that several routes share. */
const SHARED: Record<string, string> = {
  'DatabaseUnavailable CacheUnavailable': 'StoreUnavailable',
  'DatabaseUnavailable CacheUnavailable Busy': 'Unavailable'
}

const title = (key: Key): string => `${catalogue[key].code} ${catalogue[key].en}`

/** An answer is a component by the name of its key. `Success` is taken: clients in Kotlin have a class of their own with that name. */
function nameOf (item: Item): string {
  if (typeof item !== 'string') return item.name
  return item === 'Success' ? 'Done' : item
}

function exampleOf (item: Item, key: Key): Json {
  const fields = typeof item !== 'string' ? item.examples[key] : item in carried ? carried[item as keyof typeof carried].example : {}
  return { Code: catalogue[key].code, Msg: catalogue[key].zh, ...Object(openapiSchema(fields)) }
}

/** One answer as a component: its Code tells it from all others. */
function answerSchema (item: Item): Json {
  const keys = keysOf(item)
  const [first = 'Success'] = keys
  const { required = [], properties } = Type.Object(fieldsOf(item))
  return {
    description: `${keys.map(title).join(', ')}. ${keys.map(key => meanings[key]).join(' ')}`,
    type: 'object',
    required: ['Code', 'Msg', ...required],
    properties: {
      Code: { description: 'What was decided, for programs.', type: 'integer', enum: keys.map(key => catalogue[key].code), example: catalogue[first].code },
      Msg: { description: 'What was decided, for people: Chinese, or English where `Accept-Language` prefers it.', type: 'string', example: catalogue[first].zh },
      ...Object(openapiSchema({ properties })).properties
    },
    example: exampleOf(item, first)
  }
}

/** A component with the answer, or with the alternatives where there are several: without a name, generators make one up. */
function schemaFor (operation: string, status: number, items: Item[], { schemas }: Components): Json {
  for (const item of items) schemas[nameOf(item)] ??= answerSchema(item)
  const [only, ...others] = items.map(nameOf)
  if (only !== undefined && others.length === 0) return component('schemas', only)
  const name = SHARED[items.map(nameOf).join(' ')] ?? `${operation}Answer${status === 200 ? '' : status}`
  schemas[name] ??= { description: 'One of these: `Code` says which.', oneOf: items.map(item => component('schemas', nameOf(item))) }
  return component('schemas', name)
}

/**
 * What the document says of a reply.
 *
 * @param operation the name of the operation as components begin with it: `Login`
 * @param components where those are put that the reply refers to
 */
export function documentedReply (operation: string, status: number, { items, headers: own }: Documented, components: Components): Json {
  const names = [...HEADERS[status] ?? [], 'X-Request-Id']
  const keys = items.flatMap(item => keysOf(item).map(key => ({ item, key })))
  const reply = {
    description: keys.map(({ key }) => title(key)).join('; '),
    headers: {
      ...Object.fromEntries(Object.entries(own).map(([name, { description, examples, ...schema }]) => [name, { description, required: true, schema: openapiSchema(schema), example: examples?.[0] }])),
      ...Object.fromEntries(names.map(name => [name, component('headers', name)]))
    },
    content: {
      'application/json': {
        schema: schemaFor(operation, status, items, components),
        examples: Object.fromEntries(keys.map(({ item, key }) => [key, { summary: title(key), value: exampleOf(item, key) }]))
      }
    }
  }
  const [only, ...others] = items
  if (typeof only !== 'string' || others.length > 0 || Object.keys(own).length > 0) return reply
  components.responses[nameOf(only)] ??= reply
  return component('responses', nameOf(only))
}
