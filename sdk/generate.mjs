// What of the client is made from openapi.yaml: its types, and the tables it goes by. `npm run sdk` writes them; a test compares them.
import { readFileSync } from 'node:fs'
import openapiTypescript, { astToString, COMMENT_HEADER } from 'openapi-typescript'
import { parse } from 'yaml'

/** Lines of an object literal, or of a list, in the style of the sources. */
const entry = (name, value) => `  ${name}: ${value},`
const object = entries => `{\n${entries.join('\n').replace(/,$/, '')}\n} as const`
const quoted = text => `'${text}'`

function tables ({ paths, components }) {
  const operations = Object.entries(paths).flatMap(([path, methods]) => Object.values(methods).map(operation => ({ path, ...operation })))
  const keys = new Map()
  const answers = new Map()
  for (const { operationId, responses } of operations) {
    const replies = Object.values(responses).map(({ $ref, ...reply }) => $ref === undefined ? reply : components.responses[$ref.split('/').at(-1)])
    const examples = replies.flatMap(({ content }) => Object.entries(content?.['application/json']?.examples ?? {}))
    // What has an answer without a Code, such as the published keys, is of another standard.
    if (examples.some(([, { value }]) => typeof value.Code !== 'number')) continue
    const codes = examples.map(([key, { value }]) => [value.Code, key])
    for (const [code, key] of codes) {
      if ((keys.get(code) ?? key) !== key) throw new Error(`Code ${code} is both ${keys.get(code)} and ${key}`)
      keys.set(code, key)
    }
    answers.set(operationId, codes.map(([code]) => code))
  }
  const open = [...new Set(operations.filter(({ security }) => (security ?? []).length === 0).map(({ path }) => path))]
  return `// Made from openapi.yaml by \`npm run sdk\`.

/** The name of each Code. */
export const keys = ${object([...keys].sort(([a], [b]) => a - b).map(([code, key]) => entry(code, quoted(key))))}

/** Which Codes each operation may answer. */
export const answers = ${object([...answers].map(([name, codes]) => entry(name, `[${codes.join(', ')}]`)))}

/** Paths that ask for no token. */
export const openPaths: readonly string[] = [
${open.map(path => `  ${quoted(path)}`).join(',\n')}
]
`
}

/** The generated files by name. */
export async function generated (root = new URL('..', import.meta.url)) {
  const document = parse(readFileSync(new URL('openapi.yaml', root), 'utf8'))
  return {
    'schema.ts': `${COMMENT_HEADER}${astToString(await openapiTypescript(document))}`,
    'tables.ts': tables(document)
  }
}
