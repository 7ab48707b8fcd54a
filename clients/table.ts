import { row, type Marks } from '../test/outages/table.ts'
import type { Generator } from './generators.ts'
import { GENERATOR, type Language } from './languages.ts'
import { EXTRAS } from './workshop.ts'

/** The page that holds the tables, and the marks around them. */
export const PAGE = 'docs/CLIENTS.md'
export const MARKS: Marks = ['<!-- clients: written by "npm run clients" -->', '<!-- /clients -->']

/** What came of one generator. */
export interface Client {
  generator: Generator
  /** The options of the compiler that hold besides `strict`. */
  held: string[]
  /** Calls that ended as they should. */
  calls: number
  generatedBytes: number
  /** Of the client and what drives it, minified and compressed. */
  bundledBytes: number
}

/** What came of one language. */
export interface Translation {
  language: Language
  /** None where it cannot be compiled here. */
  calls: number | undefined
  generatedBytes: number
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`
const heading = (cells: string[]): string[] => [row(cells), row(cells.map(() => '---'))]

function strictness (held: string[]): string {
  const refused = EXTRAS.filter(extra => !held.includes(extra))
  return refused.length === 0 ? 'yes' : `yes, without ${refused.map(extra => `\`${extra}\``).join(', ')}`
}

const packagesOf = ({ packages }: Generator): string => packages.map(each => `\`${each}\``).join(' ')

/** How the row of a generator begins: what the page says must be what the command runs. */
export const beginning = (generator: Generator): string => `| [${generator.name}](../clients/drivers/${generator.name}) | ${packagesOf(generator)} |`

/** Both tables, as Markdown. @param under when and where it was run, and for which shape of the document */
export function table (clients: Client[], translations: Translation[], under: { date: string, machine: string, shape: string }): string {
  return [
    `${under.date}, ${under.machine}. Shape of the document: \`${under.shape}\`.`,
    '',
    ...heading(['Client', 'Packages', 'Made with', 'Compiles under `strict`', 'Narrows by `Code`', 'Another status than 200 is', 'Calls as they should be', 'Generated', 'In a bundle']),
    ...clients.map(({ generator, held, calls, generatedBytes, bundledBytes }) => `${beginning(generator)} ` + [
      `\`${generator.command.join(' ')}\``,
      strictness(held),
      'yes',
      generator.refusal,
      calls,
      kilobytes(generatedBytes),
      kilobytes(bundledBytes)
    ].join(' | ') + ' |'),
    '',
    `And with \`${GENERATOR}\`, of the flattened document:`,
    '',
    ...heading(['Language', 'Made with', 'Compiled and run', 'Calls as they should be', 'Generated']),
    ...translations.map(({ language: { name, options }, calls, generatedBytes }) => row([
      calls === undefined ? name : `[${name}](../clients/drivers/${name})`,
      `\`${options.join(' ')}\``,
      calls === undefined ? 'no, generated alone' : 'yes',
      String(calls ?? '–'),
      kilobytes(generatedBytes)
    ]))
  ].join('\n')
}
