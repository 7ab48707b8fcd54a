import { DOCUMENTED, type Documented } from '../replies.ts'
import { documentedReply, headers, type Components } from './answers.ts'
import { component, type Json } from './schema.ts'

/** What `@fastify/swagger` makes of the routes, before it is finished here. */
interface Draft { openapi?: unknown, info?: unknown, servers?: unknown, tags?: unknown, paths?: unknown, components?: unknown }

const entries = (value: unknown): Array<[string, unknown]> => Object.entries(Object(value))
const capitalised = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`

/** What `replies()` has noted for the document, by HTTP status. */
export function notedReplies (response: unknown): Map<string, Documented> {
  return new Map(entries(response).flatMap(([status, reply]) => {
    const noted: Documented | undefined = Object(reply)[DOCUMENTED]
    return noted === undefined ? [] : [[status, noted]]
  }))
}

/** The example of a body, made of those of its fields. */
function exampleOf (properties: unknown, schemas: Json): Json {
  return Object.fromEntries(entries(properties).flatMap(([name, field]) => {
    const { $ref, example } = Object(field)
    const known = typeof $ref === 'string' ? Object(schemas[$ref.split('/').at(-1) ?? '']).example : example
    return known === undefined ? [] : [[name, known]]
  }))
}

/** Makes the body a component, `LoginRequest`: without a name, generators make one up. It may be left out where nothing in it is required. */
function documentedBody (operation: string, body: unknown, { schemas }: Components): Json {
  const { schema } = Object(body).content['application/json']
  const { required, properties, ...rest } = schema
  const name = `${operation}Request`
  schemas[name] = { description: `What \`${operation.charAt(0).toLowerCase()}${operation.slice(1)}\` takes.`, ...rest, ...(required && { required }), properties, example: exampleOf(properties, schemas) }
  return { required: required !== undefined || rest.minProperties !== undefined, content: { 'application/json': { schema: component('schemas', name) } } }
}

function documentedOperation (draft: unknown, noted: Map<string, Documented> | undefined, components: Components): Json {
  const { operationId, tags, summary, description, security = [], parameters, requestBody, responses, ...rest } = Object(draft)
  const name = capitalised(operationId)
  return {
    operationId,
    tags,
    summary,
    description,
    security,
    ...rest,
    ...(parameters && { parameters }),
    ...(requestBody && { requestBody: documentedBody(name, requestBody, components) }),
    responses: Object.fromEntries(entries(responses).map(([status, reply]) => {
      const known = noted?.get(status)
      return [status, known === undefined ? reply : documentedReply(name, status, known, components)]
    }))
  }
}

/**
 * The OpenAPI document as it is published: bodies and answers are components with names, each answer tells itself from the others
 * by the one value of its `Code`, and what asks for no token says so.
 *
 * @param draft of `@fastify/swagger`, which has made one schema of all answers of an HTTP status
 * @param noted what `replies()` has noted of each operation, by `operationId`
 */
export function finished ({ openapi, info, servers, tags, paths, components: drafted }: Draft, noted: Map<string, Map<string, Documented>>): Json {
  const { schemas, securitySchemes } = Object(drafted)
  const components: Components = { schemas: { ...schemas }, responses: {}, headers }
  const documented = Object.fromEntries(entries(paths).map(([path, methods]) => [path, Object.fromEntries(entries(methods).map(([method, draft]) =>
    [method, documentedOperation(draft, noted.get(Object(draft).operationId), components)]))]))
  return { openapi, info, servers, tags, paths: documented, components: { securitySchemes, ...components } }
}
