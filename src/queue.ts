import { fail } from './catalogue.ts'

/** Runs tasks a few at a time. @param owner on whose behalf: nobody has more than a third of the places */
export type Queue = <T>(task: () => Promise<T>, owner?: string) => Promise<T>

/**
 * A bounded queue: `concurrency` tasks run at once and `waiting` more may wait; a further one is refused at once, as an
 * answer that comes after the client has gone helps nobody.
 *
 * @throws Code 529 from the queue when it is full
 */
export function createQueue (concurrency: number, waiting: number): Queue {
  let running = 0
  const line: Array<() => void> = []
  const owned = new Map<string, number>()

  async function run<T> (task: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (line.length >= waiting) throw fail('Busy')
      await new Promise<void>(resolve => { line.push(resolve) })
    } else {
      running++
    }
    try {
      return await task()
    } finally {
      // The place is handed to the next in line, so that nobody who comes in between can take it.
      const next = line.shift()
      if (next === undefined) running--
      else next()
    }
  }
  return async (task, owner) => {
    if (owner === undefined) return run(task)
    const mine = owned.get(owner) ?? 0
    if (mine >= (concurrency + waiting) / 3) throw fail('Busy')
    owned.set(owner, mine + 1)
    try {
      return await run(task)
    } finally {
      const left = (owned.get(owner) ?? 1) - 1
      if (left > 0) owned.set(owner, left)
      else owned.delete(owner)
    }
  }
}
