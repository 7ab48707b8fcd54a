import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as sleep } from 'node:timers/promises'

/** How long one request may wait for the database and the cache service, all its waits together. */
const BUDGET_MS = 1_700
/** How long it still waits for what is to be put right, when it has nothing left. */
const LEAST_MS = 100
/** What would have less is not begun: it would hardly be answered, might be carried out all the same, and nobody would know. */
const BRIEFEST_MS = 50

/** What somebody may wait, in all. Waits at the same time count once, and what is not waiting, such as hashing, not at all. */
export class Budget {
  readonly #ms: number
  readonly #now: () => number
  #waits = 0
  #since = 0
  #spent = 0

  constructor (ms = BUDGET_MS, now: () => number = () => performance.now()) {
    this.#ms = ms
    this.#now = now
  }

  /** Milliseconds. */
  get left (): number {
    return Math.max(0, this.#ms - this.#spent - (this.#waits > 0 ? this.#now() - this.#since : 0))
  }

  begin (): void {
    if (this.#waits++ === 0) this.#since = this.#now()
  }

  end (): void {
    if (--this.#waits === 0) this.#spent += this.#now() - this.#since
  }
}

interface Holder { budget: Budget | undefined }

const holders = new AsyncLocalStorage<Holder>()
let running = 0

/** Runs what waits no longer than the budget allows. What it leaves behind when it ends is bound by it no more. */
export async function within<T> (budget: Budget | undefined, run: () => Promise<T>): Promise<T> {
  const holder: Holder = { budget }
  running++
  try {
    return await holders.run(holder, run)
  } finally {
    holder.budget = undefined
    // Until Node.js 24, it makes every promise and every event of the process dearer, also for those who have no budget.
    if (--running === 0) holders.disable()
  }
}

/** Runs what somebody's budget is not there for, such as what is done for others as well. */
export function apart<T> (run: () => Promise<T>): Promise<T> {
  return within(undefined, run)
}

const budget = (): Budget | undefined => holders.getStore()?.budget

/** How long a wait that begins now may last, in milliseconds: the limit, or what is left of the budget where that is less; 0 where that is too little. */
export function patience (limitMs: number): number {
  const left = budget()?.left ?? limitMs
  if (left >= limitMs) return limitMs
  return left < BRIEFEST_MS ? 0 : left
}

/** Counts a wait. Returns what ends it, to be called once. */
export function waiting (): () => void {
  const waits = budget()
  waits?.begin()
  return () => { waits?.end() }
}

/**
 * Runs what must be put right whatever has become of the request, such as a counter: it has its own time, of which the request
 * waits for what it has left itself.
 */
export async function settling (run: () => Promise<void>): Promise<void> {
  const waits = budget()
  if (waits === undefined) return run()
  const over = new AbortController()
  const end = waiting()
  const work = apart(run)
  try {
    await Promise.race([work, sleep(Math.max(waits.left, LEAST_MS), undefined, { signal: over.signal })])
  } finally {
    over.abort()
    end()
  }
}
