export type Json = Record<string, unknown>

export function isJson (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

interface Header { required?: boolean, description?: string, schema?: Json }
export interface Example { summary?: string, value: unknown }
export interface Reply { description: string, headers?: Record<string, Header>, content: { 'application/json': { schema: Json, examples?: Record<string, Example> } } }

/** An operation of the OpenAPI document, all that it refers to in its place. */
export interface Operation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  security: Json[]
  parameters?: Json[]
  requestBody?: { required: boolean, content: { 'application/json': { schema: Json, example?: unknown } } }
  responses: Record<string, Reply>
}

/** A part of the document that stands alone: each reference replaced by what it refers to. */
export function resolved (part: unknown, document: unknown): unknown {
  if (Array.isArray(part)) return part.map(each => resolved(each, document))
  if (!isJson(part)) return part
  if (typeof part.$ref === 'string') return resolved(part.$ref.slice('#/'.length).split('/').reduce((found: unknown, name) => Object(found)[name], document), document)
  return Object.fromEntries(Object.entries(part).map(([name, each]) => [name, resolved(each, document)]))
}

/** Every operation, by method and path: `POST /Auth/Login`. */
export function operationsOf (document: { paths?: object }): Map<string, Operation> {
  const paths: Record<string, Record<string, Operation>> = Object(resolved(document.paths, document))
  return new Map(Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation] as const)))
}

/** The answers that a schema tells apart: itself, where it is no choice. */
export function alternatives (schema: unknown): Json[] {
  const { oneOf } = Object(schema)
  return Array.isArray(oneOf) ? oneOf.flatMap(alternatives) : [Object(schema)]
}

/** The Codes that a reply may have. */
export function codesOf (schema: unknown): number[] {
  return alternatives(schema).flatMap(({ properties }) => Object(Object(properties).Code).enum ?? [])
}

/** The schema without a place for fields that it does not name. */
export function closed (schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (!isJson(schema)) return schema
  const inner = Object.fromEntries(Object.entries(schema).map(([name, each]) => [name, name === 'example' || name === 'enum' ? each : closed(each)]))
  return isJson(schema.properties) ? { ...inner, additionalProperties: false } : inner
}
