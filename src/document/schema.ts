export type Json = Record<string, unknown>

export function isJson (value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Where a component is referred to. */
export const component = (kind: 'schemas' | 'responses' | 'headers', name: string): Json => ({ $ref: `#/components/${kind}/${name}` })

/** A model as OpenAPI 3.0 writes it, and a copy, or YAML would have the second place where it stands refer to the first. */
export function openapiSchema (model: unknown): unknown {
  if (Array.isArray(model)) return model.map(openapiSchema)
  if (!isJson(model)) return model
  if (typeof model.$ref === 'string') return component('schemas', model.$ref)
  const { description, examples, properties, ...rest } = model
  return {
    ...(description !== undefined && { description }),
    ...Object.fromEntries(Object.entries(rest).map(([keyword, value]) => [keyword, openapiSchema(value)])),
    ...(isJson(properties) && { properties: Object.fromEntries(Object.entries(properties).map(([name, each]) => [name, openapiSchema(each)])) }),
    ...(Array.isArray(examples) && { example: openapiSchema(examples[0]) })
  }
}
