import { randomBytes } from 'node:crypto'
import { isGuessable, loadCommonPasswords } from '../src/denylist.ts'
import { round, type Figure } from './figure.ts'

const LOADS = 20
const LOOK_UPS = 2_000_000
const SCREENINGS = 20_000
const owner = { email: 'alice@example.com', name: 'Alice' }

/** Milliseconds that some work takes. */
function timed (work: () => void): number {
  const start = performance.now()
  work()
  return performance.now() - start
}

/** What screening of common passwords costs: to load, to keep and to ask. Best called first, while little else is in memory. */
export function denylist (): Figure[] {
  const before = process.memoryUsage()
  let common = loadCommonPasswords()
  const after = process.memoryUsage()
  const loads = Array.from({ length: LOADS }, () => timed(() => { common = loadCommonPasswords() })).sort((a, b) => a - b)
  const digests = Array.from({ length: 4096 }, () => randomBytes(32).toString('hex'))
  const digest = (i: number): string => digests[i % digests.length] ?? ''

  let found = 0
  const ask = (): void => { for (let i = 0; i < LOOK_UPS; i++) if (common.has(digest(i))) found++ }
  const screen = (): void => { for (let i = 0; i < SCREENINGS; i++) if (isGuessable(common, digest(i), owner)) found++ }
  const [lookUp, screening] = [ask, screen].map(work => { work(); return timed(work) })
  if (found > 0) throw new Error('a random digest was found among the common passwords')

  const megabytes = (kind: 'external' | 'rss'): number => round((after[kind] - before[kind]) / 1e6)
  return [
    { what: 'common passwords: loading', value: round(loads[LOADS / 2] ?? NaN), unit: 'ms', target: '', detail: `${common.size} digests; ${megabytes('external')} MB outside the heap, ${megabytes('rss')} MB resident` },
    { what: 'common passwords: one look-up', value: round((lookUp ?? NaN) / LOOK_UPS * 1e6), unit: 'ns', target: '', detail: 'random digests' },
    { what: 'common passwords: screening with address and name', value: round((screening ?? NaN) / SCREENINGS * 1e3), unit: 'µs', target: '', detail: 'of what was chosen, before it is hashed' }
  ]
}
