import { row, type Marks } from '../test/outages/table.ts'
import type { Generator } from './generators.ts'
import { EXTRAS } from './workshop.ts'

/** The page that holds the table, and the marks around it. */
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
  bundledBytes: number
}

const kilobytes = (bytes: number): string => `${(bytes / 1024).toFixed(bytes < 10240 ? 1 : 0)} KB`

function strictness (held: string[]): string {
  const missing = EXTRAS.filter(extra => !held.includes(extra))
  return missing.length === 0 ? 'with all of them' : `without ${missing.map(extra => `\`${extra}\``).join(', ')}`
}

/** The table, as Markdown. @param under when and where it was run, and for which shape of the document */
export function table (clients: Client[], under: { date: string, machine: string, shape: string }): string {
  return [
    `${under.date}, ${under.machine}. Shape of the document: \`${under.shape}\`.`,
    '',
    row(['Packages', 'Made with', 'Compiles under `strict`', 'Narrows by `Code`', 'Another status than 200 is', 'Calls as expected', 'Generated', 'In a bundle']),
    row(Array.from({ length: 8 }, () => '---')),
    ...clients.map(({ generator: { name, packages, command, refusal }, held, calls, generatedBytes, bundledBytes }) => row([
      packages.map(each => `\`${each}\``).join(', '),
      `\`${command.join(' ')}\`, [driver](../clients/drivers/${name}/drive.ts)`,
      strictness(held),
      'yes',
      refusal,
      String(calls),
      kilobytes(generatedBytes),
      kilobytes(bundledBytes)
    ]))
  ].join('\n')
}
