type Json = Record<string, unknown>

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const strings = (value: unknown): string[] => Array.isArray(value) ? value.map(String) : []

/**
 * The document for languages and generators that know neither unions nor enumerations that grow: each `oneOf` of objects becomes one object with
 * the fields of all, of which those are required that each of them requires, and every `enum` becomes a sentence in the description.
 */
export function flatten (document: unknown): unknown {
  const schemas = Object(Object(document).components).schemas
  const resolved = (schema: Json): Json => typeof schema.$ref === 'string' ? Object(schemas[schema.$ref.replace('#/components/schemas/', '')]) : schema

  function merged (variants: Json[]): Json {
    const objects = variants.map(resolved)
    const required = strings(objects[0]?.required).filter(field => objects.every(each => strings(each.required).includes(field)))
    const fields = new Map<string, Json[]>()
    for (const { properties } of objects) {
      for (const [field, schema] of Object.entries(Object(properties))) {
        if (isObject(schema)) fields.set(field, [...fields.get(field) ?? [], schema])
      }
    }
    const properties = Object.fromEntries([...fields].map(([field, found]) => {
      const [first = {}] = found
      const values = new Set(found.flatMap(each => Array.isArray(each.enum) ? each.enum : []))
      return [field, values.size === 0 ? first : { ...first, enum: [...values] }]
    }))
    return { type: 'object', required, properties }
  }

  function walk (value: unknown): unknown {
    if (Array.isArray(value)) return value.map(walk)
    if (!isObject(value)) return value
    const { oneOf, ...rest } = value
    if (Array.isArray(oneOf)) return walk({ ...rest, ...merged(oneOf.filter(isObject)) })
    const { enum: values, ...open } = value
    if (!Array.isArray(values)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]))
    return { ...open, description: [open.description, `One of: ${values.join(', ')}.`].filter(Boolean).join(' ') }
  }
  return walk(document)
}
