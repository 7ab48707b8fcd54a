const LINE = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=\s*(.*)$/
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t' }

/**
 * The settings of a `.env` file, read as the forerunner's python-dotenv did: an unquoted value may hold a `#`, and a comment
 * begins only after white space. (Node's own parser would cut `p#ss` to `p` without a word.)
 *
 * @param text lines of `KEY=value`, `KEY='raw'` or `KEY="with \n escapes"`; other lines are passed over
 */
export function parseEnvFile (text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, key, value] = LINE.exec(line) ?? []
    if (key !== undefined && value !== undefined) values[key] = unquote(value)
  }
  return values
}

function unquote (value: string): string {
  const [, raw] = /^'([^']*)'\s*(?:#.*)?$/.exec(value) ?? []
  if (raw !== undefined) return raw
  const [, escaped] = /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(value) ?? []
  if (escaped !== undefined) return escaped.replace(/\\(.)/g, (_all, character: string) => ESCAPES[character] ?? character)
  return value.replace(/(^|\s+)#.*$/, '').trim()
}
