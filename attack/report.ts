import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { root } from '../src/root.ts'
import type { Attack, Outcome } from './attack.ts'

/** A requirement, and what came of each attack on it. */
export interface Line extends Pick<Attack, 'id' | 'defence'> { outcomes: Array<Outcome & { tried: string }> }

const DOCUMENT = new URL('docs/SECURITY-MODEL.md', root)
const MARKS = { begin: '<!-- attack:begin -->', end: '<!-- attack:end -->' }

export const held = ({ outcomes }: Line): boolean => outcomes.every(outcome => outcome.held)

export function lineOf (line: Line): string {
  const said = line.outcomes.map(({ tried, came, held }) => `${held ? '' : '✗ '}${tried}: ${came}`)
  return `${held(line) ? 'PASS' : 'FAIL'}  ${line.id.padEnd(3)} ${said.join('; ')}`
}

/** Two columns for a terminal. */
export function summary (lines: Line[]): string {
  const rows = lines.map(line => `${held(line) ? 'PASS' : 'FAIL'}  ${line.id.padEnd(3)} ${String(line.outcomes.filter(({ held }) => held).length).padStart(2)} of ${line.outcomes.length}  ${line.defence}`)
  return ['      Id  held     Defence', ...rows].join('\n')
}

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('<', '&lt;').replaceAll('\n', ' ')

/** What the security model says of a run. */
export function markdown (lines: Line[], about: string, open: string[]): string {
  const rows = lines.map(line => {
    const tried = line.outcomes.map(({ tried, came, held }) => `${held ? '' : '**not held** '}${cell(tried)}: ${cell(came)}`).join('<br>')
    return `| ${line.id} | ${held(line) ? 'yes' : '**no**'} | ${cell(line.defence)} | ${tried} |`
  })
  return [
    about,
    '',
    '| Requirement | Held | Defence | What was tried, and what came of it |',
    '|---|---|---|---|',
    ...rows,
    '',
    'What an attacker can still do:',
    '',
    ...open.map(item => `- ${item}`)
  ].join('\n')
}

/** Puts a text between the markers of the security model, which is made where it is missing. */
export function writeDocument (text: string): void {
  const old = existsSync(DOCUMENT) ? readFileSync(DOCUMENT, 'utf8') : `# Security model\n\n## Attack report\n\n${MARKS.begin}\n${MARKS.end}\n`
  const [before, rest] = old.split(MARKS.begin)
  const after = rest?.split(MARKS.end)[1]
  if (before === undefined || after === undefined) throw new Error(`docs/SECURITY-MODEL.md lacks ${MARKS.begin} and ${MARKS.end}`)
  writeFileSync(DOCUMENT, `${before}${MARKS.begin}\n${text}\n${MARKS.end}${after}`)
}
