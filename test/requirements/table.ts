import { groups, ids, idsOf, isId, provedOnce, requirements, type Group, type Id } from './list.ts'
import type { TitledTest } from './titles.ts'

/** The page that holds the table, and the marks around it. */
export const PAGE = 'docs/SECURITY-MODEL.md'
export const BEGIN = '<!-- requirements: written by "npm run requirements" from the titles of the tests -->'
export const END = '<!-- /requirements -->'

/** More tests than this of one requirement are folded. */
const SHOWN = 2

const escape = (text: string): string => text.replaceAll(/[\\`*_|<[\]]/g, character => `\\${character}`)

const testsOf = (id: Id, tests: TitledTest[]): TitledTest[] => tests.filter(test => test.ids.includes(id))

/** Where a requirement is proved: in both modes where one test runs in both, or one in each. */
function modesOf (tests: TitledTest[]): string {
  const runs = new Set(tests.map(test => test.runs))
  if (runs.has('both') || (runs.has('embedded') && runs.has('server'))) return 'both'
  const one = (['embedded', 'server'] as const).find(mode => runs.has(mode))
  return one ?? (runs.has('any') ? 'no difference' : '')
}

function cellOf (tests: TitledTest[]): string {
  if (tests.length === 0) return '—'
  const files = [...new Set(tests.map(({ file }) => file))]
  const lines = files.map(file => {
    const titles = new Set(tests.filter(test => test.file === file).map(({ title }) => escape(title)))
    return `[${file.replace(/^test\//, '').replace(/\.test\.ts$/, '')}](../${file}): ${[...titles].join(' · ')}`
  })
  if (tests.length <= SHOWN) return lines.join('<br>')
  return `<details><summary>${tests.length} tests in ${files.length === 1 ? 'one file' : `${files.length} files`}</summary>${lines.join('<br>')}</details>`
}

/** The tables, one for each group. */
export function tableOf (tests: TitledTest[]): string {
  const section = (group: Group): string => [
    `### ${group}: ${groups[group]}`,
    '',
    '| Id | What is required | Tests | Modes |',
    '|---|---|---|---|',
    ...idsOf(group).map(id => `| ${id} | ${requirements[id]} | ${cellOf(testsOf(id, tests))} | ${modesOf(testsOf(id, tests))} |`)
  ].join('\n')
  return (Object.keys(groups) as Group[]).map(section).join('\n\n')
}

/** The page with its table replaced. Throws where it has no place for one. */
export function renew (page: string, tests: TitledTest[]): string {
  const [before, rest, ...more] = page.split(BEGIN)
  const after = rest?.split(END)
  if (before === undefined || after?.length !== 2 || more.length > 0) throw new Error(`${PAGE} has to hold the two marks of the table, once each and in order`)
  return `${before}${BEGIN}\n\n${tableOf(tests)}\n\n${END}${after[1]}`
}

/** The requirements that no test proves in both modes, or where one is enough, at all. */
export function unproved (tests: TitledTest[]): Id[] {
  return ids.filter(id => !['both', provedOnce[id]].includes(modesOf(testsOf(id, tests))))
}

/** What titles name that is no requirement, or name in no proper way. */
export function misnamed (tests: TitledTest[]): string[] {
  return tests.flatMap(({ file, title, ids, malformed }) => [...ids.filter(id => !isId(id)), ...(malformed ? [title] : [])].map(wrong => `${file}: ${wrong}`))
}
