import mustache from 'mustache'

/** What a template may show: texts, lists of them, and whether something is so. */
export type Values = Record<string, string | string[] | boolean | undefined>

/** What is wrong with a template, in one line that names its file. */
export class TemplateError extends Error {}

/** A template of one file, parsed and checked. */
export type Template = (values: Values) => string

type Token = [symbol: string, value: string, start: number, end: number, inner?: Token[]]

/** Text as it is: for what is no HTML. */
export const asItIs = (text: string): string => text

const MEANINGS: Record<string, string> = {
  '&': 'a value that is not escaped ({{{…}}} or {{&…}}): write {{…}}',
  '>': 'a partial ({{>…}}), of which there are none',
  '=': 'other tags than {{…}}, which cannot be set'
}

/**
 * Reads a template in Mustache's language: `{{name}}`, `{{#name}}…{{/name}}`, `{{^name}}…{{/name}}`, `{{! comment}}`, and `{{.}}` for
 * each of a list.
 *
 * @param known the names that it may use
 * @param escape what becomes of values
 * @throws {TemplateError} where a tag is broken or a name unknown, with the line it stands in
 */
export function readTemplate (source: string, known: ReadonlySet<string>, escape: (text: string) => string): Template {
  const writer = new mustache.Writer()
  checkTokens(parsed(writer, source), source, known, false)
  return values => writer.render(source, values, undefined, { escape: value => escape(String(value)) })
}

const lineOf = (source: string, at: number): number => source.slice(0, at).split('\n').length

function parsed (writer: InstanceType<typeof mustache.Writer>, source: string): Token[] {
  try {
    return writer.parse(source)
  } catch (error) {
    const [, what = 'Broken tag', at = '0'] = /^(.*?)(?: at (\d+))?$/.exec(error instanceof Error ? error.message : '') ?? []
    // The library says where the text ends, and not where the tag begins that has no end.
    const begin = what === 'Unclosed tag' ? source.lastIndexOf('{{') : Number(at)
    throw new TemplateError(`line ${lineOf(source, begin)}: ${what.charAt(0).toLowerCase()}${what.slice(1)}`)
  }
}

function checkTokens (tokens: Token[], source: string, known: ReadonlySet<string>, within: boolean): void {
  for (const [symbol, value, start, , inner] of tokens) {
    const where = `line ${lineOf(source, start)}: `
    const refused = MEANINGS[symbol]
    if (refused !== undefined) throw new TemplateError(where + refused)
    if (symbol === 'text' || symbol === '!') continue
    // What the names of JavaScript's own objects stand for is no text.
    if (!known.has(value) && !(value === '.' && within)) throw new TemplateError(`${where}{{${value}}} is unknown here; known are ${[...known].join(', ')}`)
    if (inner !== undefined) checkTokens(inner, source, known, within || symbol === '#')
  }
}
