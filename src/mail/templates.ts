import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Language } from '../catalogue.ts'
import { errorCode } from '../config.ts'
import { escapeHtml } from '../escape-html.ts'
import { root } from '../root.ts'
import { brandVariables, htmlVariables, languages, mailNames, variables, type MailName } from './names.ts'
import { readTemplate, TemplateError, type Template } from './template.ts'
import { readWording, type Wording } from './wording.ts'

/** What one mail is written by: its wording, and its HTML, which is the layout's unless it has one of its own. */
export interface Written { wording: Wording, html: Template, /** The file that the HTML is written by. */ htmlFile: string }

/** What the mails are written by. */
export type Templates = (name: MailName, language: Language) => Written

const LARGEST_BYTES = 100_000
export const LAYOUT = 'layout.html'
const builtIn = fileURLToPath(new URL('templates/', root))

/**
 * The templates: those of a folder, and the built-in ones for which it has no file. Each is read when it is first asked for, and
 * then kept.
 *
 * @param folder `layout.html`, and in `zh` and `en` the wording `<mail>.txt` and perhaps the HTML `<mail>.html` of each mail
 * @throws {TemplateError} naming the file, for what cannot be read or is no template; when asked for a mail, too
 */
export function openTemplates (folder?: string): Templates {
  if (folder !== undefined) refuseUnknownFiles(folder)
  const source = (file: string): string | undefined => (folder === undefined ? undefined : read(folder, file)) ?? read(builtIn, file)
  const kept = new Map<string, Written>()
  let layout: Template | undefined

  function write (name: MailName, language: Language): Written {
    const [text, own] = [`${language}/${name}.txt`, `${language}/${name}.html`]
    const [words, ownHtml] = [source(text) ?? '', source(own)]
    const wording = inFile(text, () => readWording(words, new Set([...brandVariables, ...variables[name]])))
    if (ownHtml !== undefined) return { wording, html: html(own, ownHtml, variables[name]), htmlFile: own }
    layout ??= html(LAYOUT, source(LAYOUT) ?? '', [])
    return { wording, html: layout, htmlFile: LAYOUT }
  }

  return (name, language) => {
    const key = `${language}/${name}`
    const found = kept.get(key) ?? write(name, language)
    kept.set(key, found)
    return found
  }
}

function html (file: string, source: string, own: readonly string[]): Template {
  return inFile(file, () => readTemplate(source, new Set([...brandVariables, ...own, ...htmlVariables]), escapeHtml))
}

/** The text of a file with plain line ends; `undefined` where there is none. */
function read (folder: string, file: string): string | undefined {
  return inFile(file, () => {
    try {
      const path = join(folder, file)
      const stats = statSync(path, { throwIfNoEntry: false })
      if (stats === undefined) return undefined
      // A pipe or a device has no size, and perhaps no end.
      if (!stats.isFile()) throw new TemplateError('it is no file')
      if (stats.size > LARGEST_BYTES) throw new TemplateError(`it is larger than ${LARGEST_BYTES} bytes`)
      return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path)).replaceAll('\r\n', '\n')
    } catch (error) {
      if (error instanceof TemplateError) throw error
      throw new TemplateError(error instanceof TypeError ? 'it is not UTF-8' : `it cannot be read (${errorCode(error)})`)
    }
  })
}

/** A file that has the name of no mail, or lies with no language, would be passed over in silence. */
function refuseUnknownFiles (folder: string): void {
  const files = mailNames.flatMap(name => [`${name}.txt`, `${name}.html`])
  for (const part of ['', ...languages]) {
    const known: string[] = part === '' ? [LAYOUT] : files
    for (const name of namesIn(folder, part)) {
      if (/\.(txt|html?)$/i.test(name) && !known.includes(name)) throw new TemplateError(`${join(part, name)}: there is no mail of this name; there are ${known.join(', ')}`)
    }
  }
  for (const part of otherFoldersIn(folder)) {
    const lost = namesIn(folder, part).find(name => files.includes(name))
    if (lost !== undefined) throw new TemplateError(`${join(part, lost)}: mails are in the folders ${languages.join(' and ')} alone`)
  }
}

/** Folders of no language. Hidden ones are of whoever keeps or mounts the files. */
function otherFoldersIn (folder: string): string[] {
  const names = namesIn(folder, '').filter(name => !name.startsWith('.') && !languages.some(language => language === name))
  return names.filter(name => statSync(join(folder, name), { throwIfNoEntry: false })?.isDirectory())
}

function namesIn (folder: string, part: string): string[] {
  try {
    return readdirSync(join(folder, part))
  } catch (error) {
    // Whoever changes one language has no folder for the other.
    if (errorCode(error) === 'ENOENT' && part !== '') return []
    throw new TemplateError(`${part === '' ? 'the folder' : part} cannot be read (${errorCode(error)})`)
  }
}

/** Runs what reads a file: what it complains of begins with the name of the file. */
export function inFile<T> (file: string, action: () => T): T {
  try {
    return action()
  } catch (error) {
    throw error instanceof TemplateError ? new TemplateError(`${file}: ${error.message}`) : error
  }
}
