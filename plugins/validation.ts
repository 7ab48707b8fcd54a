import fp from 'fastify-plugin'
import type { FastifyInstance, FastifyServerOptions } from 'fastify'
import { createScanner } from 'jsonc-parser'
import { canonicalEmail, canonicalName } from '../src/canonical.ts'
import { fail, type Refusal } from '../src/catalogue.ts'

interface Place { parentData: Record<string | number, unknown>, parentDataProperty: string | number }
interface KeywordRegistry {
  addKeyword: (definition: { keyword: string, type: 'string', schemaType: 'string', before: string, modifying: true, errors: false, compile: (kind: string) => (value: string, place?: Place) => boolean }) => unknown
}

const LONGEST_CANONICAL = 1_000
const canonical: Record<string, (value: string) => string> = { email: canonicalEmail, name: canonicalName }

/** Canonicalises a string before its length and pattern are checked, so that both see what will be stored. */
function addCanonicalKeyword<A extends KeywordRegistry> (ajv: A): A {
  ajv.addKeyword({
    keyword: 'x-canonical',
    type: 'string',
    schemaType: 'string',
    before: 'maxLength',
    modifying: true,
    errors: false,
    compile: kind => (value, place) => {
      // What is far too long is refused for that, and normalising it would take long.
      if (place !== undefined && value.length <= LONGEST_CANONICAL) place.parentData[place.parentDataProperty] = canonical[kind]?.(value) ?? value
      return true
    }
  })
  return ajv
}

/** Ajv without its habits of turning numbers into strings and dropping what it does not know; it names every bad field. */
export const ajv: FastifyServerOptions['ajv'] = {
  customOptions: { coerceTypes: false, removeAdditional: false, allErrors: true },
  plugins: [addCanonicalKeyword]
}

/**
 * The fields `JSON.parse` would accept in silence: given twice, named `__proto__`, or holding NUL or half a character. Deeper
 * than the fields themselves nothing is looked at, as no field takes more than a string.
 */
function refusals (text: string): Refusal[] {
  const found: Refusal[] = []
  const seen = new Set<string>()
  const scanner = createScanner(text, true)
  let depth = 0
  let field = 'Body'
  let last = ''
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    // In valid JSON the first character of a token tells its kind.
    switch (text[scanner.getTokenOffset()]) {
      case '{': case '[':
        depth++
        break
      case '}': case ']':
        depth--
        break
      case '"':
        last = scanner.getTokenValue()
        if (last.includes('\0') || !last.isWellFormed()) found.push({ field, reason: 'Text' })
        break
      case ':':
        if (depth !== 1) break
        field = last
        if (seen.has(field)) found.push({ field, reason: 'Duplicate' })
        if (field === '__proto__') found.push({ field, reason: 'Unknown' })
        seen.add(field)
    }
  }
  return found
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Parses a JSON body strictly (RFC 8259 with unique names, as I-JSON, RFC 7493, asks).
 *
 * @throws Code 400 naming the field
 */
export function parseJson (bytes: Buffer): unknown {
  let value: unknown
  let text: string
  try {
    text = utf8.decode(bytes)
    value = JSON.parse(text)
  } catch {
    // Without its cause: the message of a parser may quote the body, and the body holds a password.
    throw fail('BadRequest', { refusals: [{ field: 'Body', reason: 'Json' }] })
  }
  const found = refusals(text)
  if (found.length > 0) throw fail('BadRequest', { refusals: found })
  return value
}

/** `application/json` in UTF-8 is the only media type there is: anything else is 415. */
async function validation (app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, async (request: { headers: Record<string, unknown> }, bytes: Buffer) => {
    // Every one, as whoever read the body on the way may have believed another than the first.
    for (const [, charset = ''] of String(request.headers['content-type']).matchAll(/;\s*charset\s*=\s*"?([^";]*)/gi)) {
      if (charset.trim().toLowerCase() !== 'utf-8') throw fail('UnsupportedMediaType')
    }
    // Some clients name a type whatever they send. What a route needs, its schema asks for.
    return bytes.length === 0 ? undefined : parseJson(bytes)
  })
}

export default fp(validation, { name: 'validation' })
