import { DOCUMENTED, type Documented } from '../replies.ts'
import { documentedReply, headers, type Components } from './answers.ts'
import { component, type Json } from './schema.ts'

/** What `@fastify/swagger` makes of the routes, before it is finished here. */
interface Draft { openapi?: unknown, info?: unknown, servers?: unknown, tags?: unknown, paths?: unknown, components?: unknown }

const entries = (value: unknown): Array<[string, unknown]> => Object.entries(Object(value))
const capitalised = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

/** What `replies()` has noted for the document, by HTTP status. */
export type Noted = ReadonlyMap<number, Documented>

export function notedReplies (response: unknown): Noted {
  return Object(response)[DOCUMENTED] ?? new Map()
}

/** A schema, or the model that it refers to. */
function modelOf (schema: unknown, { schemas }: Components): { description?: string, example?: unknown } {
  const { $ref } = Object(schema)
  return Object(typeof $ref === 'string' ? schemas[$ref.split('/').at(-1) ?? ''] : schema)
}

/** The example of a body, made of those of its fields. */
function exampleOf (properties: unknown, components: Components): Json {
  return Object.fromEntries(entries(properties).flatMap(([name, field]) => {
    const { example } = modelOf(field, components)
    return example === undefined ? [] : [[name, example]]
  }))
}

/** A parameter that is a model has its words from there. */
function documentedParameter (parameter: unknown, components: Components): Json {
  const { name, in: place, required, schema, ...rest } = Object(parameter)
  const { description, example } = { ...modelOf(schema, components), ...rest }
  return { name, in: place, required, ...(description !== undefined && { description }), schema, ...(example !== undefined && { example }) }
}

/** Makes the body a component, `LoginRequest`: without a name, generators make one up. It may be left out where nothing in it is required. */
function documentedBody (operation: string, body: unknown, components: Components): Json {
  const { schema } = Object(body).content['application/json']
  const { required, properties, ...rest } = schema
  const name = `${operation}Request`
  components.schemas[name] = { description: `What \`${operation.charAt(0).toLowerCase()}${operation.slice(1)}\` takes.`, ...rest, ...(required && { required }), properties, example: exampleOf(properties, components) }
  return { required: required !== undefined || rest.minProperties !== undefined, content: { 'application/json': { schema: component('schemas', name) } } }
}

function documentedOperation (draft: unknown, noted: Noted, components: Components): Json {
  const { operationId, tags, summary, description, security = [], parameters, requestBody, responses, ...rest } = Object(draft)
  const name = capitalised(operationId)
  return {
    operationId,
    tags,
    summary,
    description,
    security,
    ...rest,
    ...(parameters && { parameters: parameters.map((each: unknown) => documentedParameter(each, components)) }),
    ...(requestBody && { requestBody: documentedBody(name, requestBody, components) }),
    // What nothing is noted of stands as it is: the published keys are no envelope.
    responses: {
      ...Object.fromEntries(entries(responses).filter(([status]) => !noted.has(Number(status)))),
      ...Object.fromEntries([...noted].map(([status, reply]) => [status, documentedReply(name, status, reply, components)]))
    }
  }
}

/**
 * The OpenAPI document as it is published: bodies and answers are components with names, each answer tells itself from the others
 * by the one value of its `Code`, and what asks for no token says so.
 *
 * @param draft of `@fastify/swagger`, which has made one schema of all answers of an HTTP status
 * @param noted what `replies()` has noted of each operation, by `operationId`
 */
export function finished ({ openapi, info, servers, tags, paths, components: drafted }: Draft, noted: ReadonlyMap<string, Noted>): Json {
  const { schemas, securitySchemes } = Object(drafted)
  const components: Components = { schemas: { ...schemas }, responses: {}, headers }
  const documented = Object.fromEntries(entries(paths).map(([path, methods]) => [path, Object.fromEntries(entries(methods).map(([method, draft]) =>
    [method, documentedOperation(draft, noted.get(Object(draft).operationId) ?? new Map(), components)]))]))
  return { openapi, info, servers, tags, paths: documented, components: { securitySchemes, ...components } }
}
