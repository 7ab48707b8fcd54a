import { createHash } from 'node:crypto'

const WORDS = new Set(['description', 'summary', 'title', 'example', 'examples', 'info', 'tags', 'externalDocs'])

/** Properties may be called `description`; all else that is, is for people. */
function withoutWords (value: unknown, named: boolean): unknown {
  if (Array.isArray(value)) return value.map(each => withoutWords(each, false))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value)
    .filter(([key]) => named || !WORDS.has(key))
    .sort(([one], [other]) => one < other ? -1 : 1)
    .map(([key, each]) => [key, withoutWords(each, key === 'properties' && !named)]))
}

/** The digest of all in an OpenAPI document that a generated client is made of: another wording leaves it as it is. */
export function shapeOf (document: unknown): string {
  return createHash('sha256').update(JSON.stringify(withoutWords(document, false))).digest('hex').slice(0, 16)
}
