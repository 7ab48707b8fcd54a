import type { Answer } from './http.ts'
import type { Ground } from './ground.ts'

/** What came of one attempt. */
export interface Outcome { held: boolean, came: string }

/** One way to break a requirement. */
export interface Probe { tried: string, run: (ground: Ground) => Promise<Outcome> }

/** Everything that is tried against one requirement. */
export interface Attack {
  id: string
  /** How it is defended, for the report. */
  defence: string
  probes: Probe[]
}

/** Whether the service admitted a guess: it said that a password or a code was wrong, or none, rather than that there were too many. */
export const isGuess = ({ code }: Answer): boolean => [501, 520, 521].includes(code)

export const isRefused = ({ code, status, headers }: Answer): boolean => code === 429 && status === 429 && Number(headers['retry-after']) > 0

export const guesses = (answers: Answer[]): number => answers.filter(isGuess).length

/** How often each Code came: `5 × 501, 95 × 429`. */
export function tally (answers: Answer[]): string {
  const counts = new Map<number, number>()
  for (const { code } of answers) counts.set(code, (counts.get(code) ?? 0) + 1)
  return [...counts].sort(([a], [b]) => a - b).map(([code, count]) => `${count} × ${code}`).join(', ')
}

/** Runs a task many times, at most so many at once. */
export async function many<T> (count: number, task: (i: number) => Promise<T>, atOnce = count): Promise<T[]> {
  const results: T[] = []
  let next = 0
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, async () => {
    for (let i = next++; i < count; i = next++) results[i] = await task(i)
  }))
  return results
}

/** Runs a task many times, one after the other. */
export const inTurn = <T>(count: number, task: (i: number) => Promise<T>): Promise<T[]> => many(count, task, 1)
