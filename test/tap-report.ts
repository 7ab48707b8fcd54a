import { Parser, type FinalResults } from 'tap-parser'

/** What a run of tap came to. */
export interface TapReport {
  passed: number
  /** The names of the checks that were left out. */
  skipped: string[]
  /** The checks that failed or are still to be written, each with the names of its tests and what tap says of it. */
  failures: string[]
}

/** Of what tap says of a failure, what the stack or the name of the file tells as well. */
const KNOWN = ['at', 'source', 'cwd', 'command', 'args', 'jobId', 'stdio', 'externalID']

/** Where and why. */
function detail (diagnosis: unknown): string[] {
  if (typeof diagnosis !== 'object' || diagnosis === null) return []
  return Object.entries(diagnosis)
    .filter(([key]) => !KNOWN.includes(key))
    .flatMap(([key, value]) => `${key}: ${typeof value === 'string' ? value.trim() : JSON.stringify(value)}`.split('\n'))
}

/** @param report a run in the Test Anything Protocol, version 14 */
export function readTapReport (report: string): TapReport {
  const read: TapReport = { passed: 0, skipped: [], failures: [] }
  const parser = new Parser()
  // Of a test that has tests in it, these alone are results.
  parser.on('result', ({ ok, skip, todo, fullname, diag }) => {
    if (skip !== false) read.skipped.push(fullname)
    else if (ok && todo === false) read.passed++
    else read.failures.push([`✖ ${fullname}`, ...detail(diag).map(line => `    ${line}`)].join('\n'))
  })
  parser.on('child', (file: Parser) => {
    // A plan that was not kept, say.
    file.on('complete', ({ ok }: FinalResults) => { if (!ok && !read.failures.some(failure => failure.startsWith(`✖ ${file.fullname}`))) read.failures.push(`✖ ${file.fullname}: its report is not whole`) })
  })
  parser.end(report)
  return read
}
