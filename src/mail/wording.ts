import { asItIs, readTemplate, TemplateError, type Template } from './template.ts'

/** What a mail says: its text part, and what stands beside that. */
export interface Wording {
  subject: Template
  /** Stands large above the HTML part; none where the file has none. */
  heading: Template
  /** What a list of mails shows behind the subject; where the file has none, the mail's beginning. */
  preview: Template
  body: Template
}

const FIELDS = ['Subject', 'Heading', 'Preview']
const NOTHING: Template = () => ''

/**
 * Reads the wording of a mail from a file that looks like one: fields of one line each, an empty line, the text.
 *
 * @throws {TemplateError}
 */
export function readWording (source: string, known: ReadonlySet<string>): Wording {
  const end = source.indexOf('\n\n')
  const fields = new Map<string, Template>()
  for (const [i, line] of (end < 0 ? source : source.slice(0, end)).split('\n').entries()) {
    const [, name = '', text = ''] = /^([A-Za-z-]+): *(.*)$/.exec(line) ?? []
    const where = `line ${i + 1}: `
    if (!FIELDS.includes(name)) throw new TemplateError(`${where}the file begins with the lines ${FIELDS.map(field => `"${field}: …"`).join(', ')} and an empty line; each field is one line`)
    if (fields.has(name)) throw new TemplateError(`${where}${name} stands there twice`)
    fields.set(name, locally(where, () => readTemplate(text, known, asItIs)))
  }
  const subject = fields.get('Subject')
  if (subject === undefined || end < 0) throw new TemplateError(subject === undefined ? 'it has no "Subject: …"' : 'it has no text below an empty line')
  // As many lines as are above it, so that errors name the right one.
  const body = readTemplate('\n'.repeat(source.slice(0, end + 2).split('\n').length - 1) + source.slice(end + 2), known, asItIs)
  return { subject, heading: fields.get('Heading') ?? NOTHING, preview: fields.get('Preview') ?? NOTHING, body: values => `${body(values).trim()}\n` }
}

function locally (where: string, read: () => Template): Template {
  try {
    return read()
  } catch (error) {
    throw error instanceof TemplateError ? new TemplateError(error.message.replace(/^line 1: /, where)) : error
  }
}

/** The parts of a text, as the HTML part shows them. */
export interface Parts { lead: string[], notes: string[] }

const SIGNATURE = /^(?:—|--) /

/**
 * What a text says before its code, or in its first paragraph where it has none, and what it says after. The code and the closing
 * lines that begin with a dash are not among it: the HTML part has them elsewhere.
 */
export function partsOf (text: string, code: string | undefined): Parts {
  const paragraphs = text.trim().split(/\n{2,}/).map(paragraph => paragraph.split('\n'))
  if (SIGNATURE.test(paragraphs.at(-1)?.[0] ?? '')) paragraphs.pop()
  const at = code === undefined ? 1 : paragraphs.findIndex(lines => lines.join() === code)
  if (at < 0) return { lead: [], notes: paragraphs.flat() }
  return { lead: paragraphs.slice(0, at).flat(), notes: paragraphs.slice(code === undefined ? at : at + 1).flat() }
}
