import { createHash, verify, type KeyObject } from 'node:crypto'

/** What a signature claims: its tags (RFC 6376, section 3.5). */
type Tags = Record<string, string>

export interface Verdict { tags: Tags, signed: string[], body: boolean, headers: boolean }

interface Field { name: string, value: string }

/** The header fields of a message, each with its continuation lines, and the body below them. */
function parts (source: string): { fields: Field[], body: string } {
  const end = source.indexOf('\r\n\r\n')
  const fields = source.slice(0, end).split(/\r\n(?![ \t])/).map(field => ({ name: field.slice(0, field.indexOf(':')), value: field.slice(field.indexOf(':') + 1) }))
  return { fields, body: source.slice(end + 4) }
}

/** RFC 6376, section 3.4.2. */
const relaxedField = ({ name, value }: Field): string => `${name.trim().toLowerCase()}:${value.replaceAll('\r\n', '').replace(/[ \t]+/g, ' ').trim()}`

/** RFC 6376, section 3.4.4. */
function relaxedBody (body: string): string {
  const lines = body.split('\r\n').map(line => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''))
  while (lines.at(-1) === '') lines.pop()
  return lines.length === 0 ? '' : `${lines.join('\r\n')}\r\n`
}

/** Checks the DKIM signature of a message as it came over the wire, as RFC 6376, section 6.1, says; `undefined` where it has none. */
export function checkSignature (source: string, key: KeyObject): Verdict | undefined {
  const { fields, body } = parts(source)
  const signature = fields.find(({ name }) => name.toLowerCase() === 'dkim-signature')
  if (signature === undefined) return undefined
  const tags: Tags = Object.fromEntries(signature.value.split(';').map(tag => tag.trim()).filter(tag => tag !== '').map(tag => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1).replace(/\s+/g, '')]))
  const signed = (tags.h ?? '').toLowerCase().split(':')
  // From the bottom up, each line once.
  const rest = [...fields].reverse()
  const chosen = signed.flatMap(name => {
    const at = rest.findIndex(field => field.name.toLowerCase() === name)
    return at < 0 ? [] : rest.splice(at, 1)
  })
  const unsigned = { ...signature, value: signature.value.replace(/(;\s*b=)[^;]*/, '$1') }
  const hashed = [...chosen.map(field => `${relaxedField(field)}\r\n`), relaxedField(unsigned)].join('')
  return {
    tags,
    signed,
    body: createHash('sha256').update(relaxedBody(body)).digest('base64') === tags.bh,
    headers: verify('sha256', Buffer.from(hashed), key, Buffer.from(tags.b ?? '', 'base64'))
  }
}
