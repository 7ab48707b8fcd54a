import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from './catalogue.ts'
import type { Events } from './events.ts'
import { isDigest } from './legacy-hash.ts'
import type { Passwords } from './passwords.ts'
import { formatHash, parseHash, type Inner } from './phc.ts'

/** What adoption needs from storage. Every method may fail with Code 510. */
export interface HashStore {
  /** The accounts that follow a number, in its order, some `limit` at most. */
  hashesAfter: (id: number, limit: number) => Promise<Array<{ id: number, password: string }>>
  /** The highest number of an account, 0 where there is none. */
  highestId: () => Promise<number>
  /** Replaces a hash by another of the same password. `false`, and nothing is done, where it was changed meanwhile. */
  renewHash: (id: number, from: string, to: string) => Promise<boolean>
}

/** What was found so far, in accounts. */
export interface Adopted {
  /** Bare hashes that are wrapped now. */
  wrapped: number
  /** Wrapped hashes that say another form now. */
  relabelled: number
  /** Changed by a login or a reset before their turn came to be written: nothing is left to do there. */
  overtaken: number
  /** Stretched already. */
  upToDate: number
  /** Neither a bare hash nor one of this service's. Nobody can log in there without a reset. */
  unreadable: number
  /** Numbers of the first of these. */
  unreadableIds: number[]
}

export interface AdoptionOptions {
  /** What the old service made its hashes with. */
  from: Inner
  /** Whether hashes that were wrapped as the other form are corrected. */
  relabel: boolean
  /** How many hashes are made at once. */
  atOnce: number
  /** Ends the work after the hashes under way. */
  signal: AbortSignal
  /** Told after each account of the number it has come to and of the highest there is. */
  progress: (adopted: Adopted, id: number, highest: number) => void
}

const BATCH = 500
const BUSY_MS = 100
const MOST_NAMED = 20

/** Waits for a place among the hashes of the process, where that has logins too. */
async function patiently<T> (hash: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await hash()
    } catch (error) {
      if (!(error instanceof Failure && error.key === 'Busy')) throw error
    }
    await sleep(BUSY_MS)
  }
}

/**
 * Wraps the bare hashes of the old service in place, each by itself and unless it was changed meanwhile: safe to interrupt,
 * to repeat, and to run beside a service that is used.
 */
export async function adoptHashes (store: HashStore, wrap: Passwords['wrap'], record: Events['record'], { from, relabel, atOnce, signal, progress }: AdoptionOptions): Promise<Adopted> {
  const adopted: Adopted = { wrapped: 0, relabelled: 0, overtaken: 0, upToDate: 0, unreadable: 0, unreadableIds: [] }
  const highest = await store.highestId()

  async function adopt (id: number, password: string): Promise<Exclude<keyof Adopted, 'unreadableIds'>> {
    const parsed = parseHash(password)
    if (parsed === undefined && !isDigest(password)) {
      if (adopted.unreadableIds.length < MOST_NAMED) adopted.unreadableIds.push(id)
      return 'unreadable'
    }
    const mislabelled = relabel && parsed?.inner !== undefined && parsed.inner !== from
    if (parsed !== undefined && !mislabelled) return 'upToDate'
    const renewed = parsed === undefined ? await patiently(() => wrap(password, from)) : formatHash({ ...parsed, inner: from })
    if (!await store.renewHash(id, password, renewed)) return 'overtaken'
    record({ type: 'adoption', outcome: 'success', reason: from, userId: id })
    return parsed === undefined ? 'wrapped' : 'relabelled'
  }

  for (let last = 0; !signal.aborted;) {
    const rows = await store.hashesAfter(last, BATCH)
    const turns = rows.values()
    await Promise.all(Array.from({ length: atOnce }, async () => {
      for (const { id, password } of turns) {
        if (signal.aborted) return
        adopted[await adopt(id, password)]++
        progress(adopted, id, highest)
      }
    }))
    if (rows.length < BATCH) break
    last = rows.at(-1)?.id ?? last
  }
  return adopted
}
