const LINE = /^\s*(?:export\s+)?(?:'([^']+)'|([^\s='#]+))\s*=[^\S\r\n]*(.*)$/
const SINGLE_QUOTED = /^'((?:\\'|[^'])*)'/
const DOUBLE_QUOTED = /^"((?:\\"|[^"])*)"/
const ESCAPES: Record<string, string> = { a: '\x07', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' }

/**
 * The settings of a `.env` file, read as the forerunner's python-dotenv did: an unquoted value may hold a `#`, and a comment
 * begins only after white space. (Node's own parser would cut `p#ss` to `p` without a word.)
 *
 * @param text lines of `KEY=value`, `KEY='raw'` or `KEY="with \n escapes"`; other lines are passed over
 */
export function parseEnvFile (text: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const line of text.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    const [, quotedKey, key = quotedKey, value] = LINE.exec(line) ?? []
    if (key !== undefined && value !== undefined) values[key] = unquote(value)
  }
  return values
}

function unquote (value: string): string {
  const [, single] = SINGLE_QUOTED.exec(value) ?? []
  if (single !== undefined) return single.replace(/\\([\\'])/g, '$1')
  const [, double] = DOUBLE_QUOTED.exec(value) ?? []
  if (double !== undefined) return double.replace(/\\([\\'"abfnrtv])/g, (_all, letter: string) => ESCAPES[letter] ?? letter)
  return value.replace(/\s+#.*/, '').trimEnd()
}
