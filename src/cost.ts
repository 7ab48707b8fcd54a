import { MOST_READINGS } from './legacy-hash.ts'
import type { Cost, StoredHash } from './phc.ts'

// What stretching costs, compared, divided and made up to a whole: so that time does not tell what is stored.

/** KiB for each lane (RFC 9106, section 3.1). */
const LEAST_MEMORY_KIB = 8
/** A row that costs so many times more than what is set, or usual, is taken for tampered with, and is nobody's measure. */
const MOST_TIMES = 4
/** What is usual for a scheme, whichever is set. */
const USUAL: Record<Cost['scheme'], number> = { 'pbkdf2-sm3': 600_000, argon2id: 3 * 65_536 }

/** By which time goes, within a scheme. */
const weightOf = (cost: Cost): number => cost.scheme === 'pbkdf2-sm3' ? cost.iterations : cost.memoryKib * cost.passes

/** Whether one is of the scheme of the other, and at least as strong. */
export function isAsStrong (one: Cost, other: Cost): boolean {
  if (one.scheme === 'pbkdf2-sm3') return other.scheme === one.scheme && one.iterations >= other.iterations
  return other.scheme === one.scheme && one.memoryKib >= other.memoryKib && one.passes >= other.passes
}

/** What costs as many times less. */
export function partOf (cost: Cost, times: number): Cost {
  if (cost.scheme === 'pbkdf2-sm3') return { ...cost, iterations: Math.max(1, Math.floor(cost.iterations / times)) }
  const passes = Math.max(1, Math.floor(cost.passes / times))
  return { ...cost, passes, memoryKib: Math.min(cost.memoryKib, Math.floor(weightOf(cost) / times / passes)) }
}

/** What is left of a whole once `times` a part has been spent; `undefined` for nothing. All of it, where the part is of another scheme. */
export function remaining (whole: Cost, part: Cost, times: number): Cost | undefined {
  if (part.scheme !== whole.scheme) return whole
  const left = weightOf(whole) - times * weightOf(part)
  if (whole.scheme === 'pbkdf2-sm3') return left > 0 ? { ...whole, iterations: left } : undefined
  const passes = Math.max(1, Math.floor(left / whole.memoryKib))
  return left >= LEAST_MEMORY_KIB * whole.lanes ? { ...whole, passes, memoryKib: Math.floor(left / passes) } : undefined
}

/** What a failure at a stored hash costs: all of its readings. */
function failureAt ({ cost, inner }: StoredHash): Cost {
  const times = inner === undefined ? 1 : MOST_READINGS[inner]
  return cost.scheme === 'pbkdf2-sm3' ? { ...cost, iterations: times * cost.iterations } : { ...cost, passes: times * cost.passes }
}

/** The most that a failure costs in each scheme that is in use: of what is set, and of the hashes that there are. */
export function duesOf (set: Cost, stored: StoredHash[]): Cost[] {
  const usual = (scheme: Cost['scheme']): number => Math.max(USUAL[scheme], set.scheme === scheme ? weightOf(set) : 0)
  const costs = [set, ...stored.map(failureAt).filter(cost => weightOf(cost) <= MOST_TIMES * usual(cost.scheme))]
  const schemes: Array<Cost['scheme']> = ['pbkdf2-sm3', 'argon2id']
  return schemes.flatMap(scheme => costs.filter(cost => cost.scheme === scheme).sort((a, b) => weightOf(b) - weightOf(a)).slice(0, 1))
}
