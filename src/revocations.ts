import { apart, settling } from './budget.ts'
import type { Report } from './report.ts'

/** What tokens are worth depends on a session and on its account. */
export type Subject = `session ${string}` | `account ${number}`

export const sessionSubject = (id: string): Subject => `session ${id}`
export const accountSubject = (id: number): Subject => `account ${id}`

/** Whoever has something in memory that a change may make wrong. */
export interface Listener {
  changed: (subject: Subject) => void
  /** Something may have been missed: whatever is remembered may be wrong. */
  gap: () => void
}

/** Carries word of changes between processes. */
export interface Feed {
  /** Whether all that was announced is heard here within a second; else memory is not to be trusted. */
  current: () => boolean
  /** Tells every process, this one before it returns. Rejects where the others cannot be told now. */
  announce: (subjects: Subject[]) => Promise<void>
  /** Tells every process to forget everything. */
  announceGap: () => Promise<void>
  listen: (listener: Listener) => void
}

export interface Revocations {
  /**
   * Carries out a change of what tokens are worth: durable first, and every process hears of it, also where this one dies in between.
   *
   * @param subjects whose tokens it may change
   * @param change the durable step
   */
  around: <T>(subjects: Subject[], change: () => Promise<T>) => Promise<T>
  /** Waits until every process was told, some seconds at most; what could not be told by then is left. */
  close: () => Promise<void>
}

const RETRY_MS = 250
/** So many untold changes, and all is to be forgotten instead. */
const MOST_UNTOLD = 10_000
const CLOSING_RETRIES = 4

export function createRevocations (feed: Feed, report: Report): Revocations {
  const untold = new Set<Subject>()
  let everything = false
  let timer: NodeJS.Timeout | undefined
  let telling: Promise<void> = Promise.resolve()

  const isDone = (): boolean => untold.size === 0 && !everything

  async function tell (): Promise<void> {
    const all = everything
    const subjects = [...untold]
    try {
      await (all ? feed.announceGap() : feed.announce(subjects))
    } catch {
      return
    }
    everything &&= !all
    for (const subject of subjects) untold.delete(subject)
  }

  /** Whoever does not hear of a change because Redis is away asks the database meanwhile, and forgets all when it is back. */
  function retry (): void {
    if (timer !== undefined || isDone()) return
    timer = setTimeout(() => {
      telling = apart(tell).finally(() => {
        timer = undefined
        retry()
      })
    }, RETRY_MS).unref()
  }

  async function announce (subjects: Subject[]): Promise<void> {
    try {
      await feed.announce(subjects)
    } catch (error) {
      if (isDone()) report(error, 'a revocation is durable and could not be told to the other processes yet: trying on')
      if (untold.size + subjects.length > MOST_UNTOLD) {
        everything = true
        untold.clear()
      } else {
        for (const subject of subjects) untold.add(subject)
      }
      retry()
    }
  }

  return {
    async around (subjects, change) {
      // Told before as well: what is heard of is not remembered for some seconds. Should this process die right after the
      // change, nobody trusts memory about it until the change shows in the database.
      await feed.announce(subjects).catch(() => {})
      try {
        return await change()
      } finally {
        // Also after a failure: a statement whose answer was lost may have been carried out.
        await settling(() => announce(subjects))
      }
    },

    async close () {
      clearTimeout(timer)
      await telling
      for (let i = 0; i < CLOSING_RETRIES && !isDone(); i++) {
        await tell()
        if (!isDone()) await new Promise(resolve => { setTimeout(resolve, RETRY_MS) })
      }
    }
  }
}
