import { fail } from './catalogue.ts'

/** What a queue has to do now, and how often it has refused a task. */
export interface Load { readonly running: number, readonly waiting: number, readonly refused: number }

/** Runs tasks a few at a time. @param owner on whose behalf: nobody has more than a third of the places */
export type Queue = <T>(task: () => Promise<T>, owner?: string) => Promise<T>

/**
 * A bounded queue: `concurrency` tasks run at once and `waiting` more may wait; a further one is refused at once, as an
 * answer that comes after the client has gone helps nobody.
 *
 * @throws Code 529 from the queue when it is full
 */
export function createQueue (concurrency: number, waiting: number): Queue & { readonly load: Load } {
  let running = 0
  const line: Array<() => void> = []
  const owned = new Map<string, number>()
  let refused = 0

  function refuse (): never {
    refused++
    throw fail('Busy')
  }

  async function run<T> (task: () => Promise<T>): Promise<T> {
    if (running >= concurrency) {
      if (line.length >= waiting) refuse()
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
  async function queue<T> (task: () => Promise<T>, owner?: string): Promise<T> {
    if (owner === undefined) return run(task)
    const mine = owned.get(owner) ?? 0
    if (mine >= (concurrency + waiting) / 3) refuse()
    owned.set(owner, mine + 1)
    try {
      return await run(task)
    } finally {
      const left = (owned.get(owner) ?? 1) - 1
      if (left > 0) owned.set(owner, left)
      else owned.delete(owner)
    }
  }
  const load: Load = {
    get running () { return running },
    get waiting () { return line.length },
    get refused () { return refused }
  }
  return Object.assign(queue, { load })
}
