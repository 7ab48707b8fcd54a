import type { Brand } from '../brand.ts'
import { escapeHtml } from '../escape-html.ts'
import { createMails, type Mails } from './mails.ts'
import { SAMPLE_CODE, samplesOf, type Sample } from './samples.ts'
import { TemplateError } from './template.ts'
import { inFile, LAYOUT, openTemplates, type Templates } from './templates.ts'
import { partsOf } from './wording.ts'

const LONGEST_SUBJECT = 150
/** Gmail shows no more of a mail, and hides the rest behind a link. */
const LARGEST_HTML = 102 * 1024

/**
 * The mails. Where a folder has templates of its own, each was written once with made-up values and found sound.
 *
 * @param folder whose templates take the place of the built-in ones
 * @throws {TemplateError} naming the file of the first fault
 */
export function checkedMails (brand: Brand, folder?: string): Mails {
  const templates = openTemplates(folder)
  const mails = createMails(brand, templates)
  if (folder !== undefined) for (const sample of samplesOf(mails)) check(sample, templates)
  return mails
}

function check ({ name, language, mail: { subject, text, html } }: Sample, templates: Templates): void {
  const { htmlFile } = templates(name, language)
  const code = name.startsWith('code-') ? SAMPLE_CODE : undefined
  inFile(`${language}/${name}.txt`, () => {
    if (subject === '' || subject.length > LONGEST_SUBJECT) throw new TemplateError(`its subject must have 1 to ${LONGEST_SUBJECT} characters`)
    if (text.trim() === '') throw new TemplateError('it says nothing')
    if (code !== undefined && partsOf(text, code).lead.length === 0) throw new TemplateError('{{code}} must stand alone on a line below some text, with an empty line before and after it')
  })
  inFile(htmlFile, () => {
    // Nobody sees the title of a mail.
    if (code !== undefined && !html.replace(/<title>[^]*?<\/title>/i, '').includes(code)) throw new TemplateError('it does not show {{code}}')
    if (Buffer.byteLength(html) > LARGEST_HTML) throw new TemplateError(`a mail is larger than the ${LARGEST_HTML} bytes that Gmail shows of it`)
    const { lead, notes } = partsOf(text, code)
    if (htmlFile === LAYOUT && ![...lead, ...notes].every(line => html.includes(escapeHtml(line)))) throw new TemplateError('it does not show all of {{#lead}}{{.}}{{/lead}} and {{#notes}}{{.}}{{/notes}}')
  })
}
