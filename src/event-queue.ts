import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { apart } from './budget.ts'
import { Failure } from './catalogue.ts'
import type { EventLog, EventStore, StoredEvent } from './events.ts'
import { maskedQuotation } from './secrets.ts'

/** Most events that wait to be stored; what comes on top of them is counted and dropped. */
export const MOST_WAITING = 10_000
/** Events that are stored by one statement. */
export const BATCH = 200
/** How long a batch that is not full waits for more. */
const GATHER_MS = 50
const RETRY_MS = 1_000
/** Longest that a stop waits for the database, and longest that somebody does who wants to read what was just taken down. */
const STOP_PATIENCE_MS = 2_000
const PATIENCE_MS = 1_500

export interface EventQueue {
  add: (event: StoredEvent) => void
  /** Waits until all that was added before is stored, a second and a half at most. */
  flush: () => Promise<void>
  /** Likewise, two seconds at most; what is left goes to the log. */
  close: () => Promise<void>
  readonly backlog: Backlog
}

/** Events that wait to be stored, and how many were dropped since the start. */
export interface Backlog { readonly waiting: number, readonly dropped: number }

/** Stores events in the background, in order and each of them once, however often the database goes away. */
export function createEventQueue (insert: EventStore['insert'], log: EventLog): EventQueue {
  /** In order, those of the batch under way first: an event leaves when it is stored or in the log. */
  const waiting: StoredEvent[] = []
  /** How many have left, and who waits until so many have. */
  let settled = 0
  const flushes = new Set<{ upTo: number, done: () => void }>()
  let writing: Promise<void> | undefined
  let pausing = new AbortController()
  let state: 'open' | 'closing' | 'closed' = 'open'
  let away = false
  /** Since the log was last told, and before that. */
  let dropped = 0
  let droppedBefore = 0
  const isClosed = (): boolean => state === 'closed'

  function add (event: StoredEvent): void {
    if (isClosed()) return keepInLog(event)
    if (waiting.length >= MOST_WAITING) {
      if (dropped++ === 0) log.warn(`${MOST_WAITING} events wait to be stored: further ones are dropped until there is room`)
      return
    }
    waiting.push(event)
    // Of many requests, and not of the one that happens to be the first.
    writing ??= apart(write)
  }

  async function write (): Promise<void> {
    while (waiting.length > 0 && !isClosed()) {
      if (waiting.length < BATCH && state === 'open') await pause(GATHER_MS)
      await deliver(waiting.slice(0, BATCH))
    }
    writing = undefined
    if (!isClosed()) tellDropped()
  }

  /** Tries until the batch is stored or refused for good. It stays the same batch, so that it is stored at most once. */
  async function deliver (batch: StoredEvent[]): Promise<void> {
    while (!isClosed()) {
      // In embedded mode a statement runs in the event loop: between two of them others get their turn.
      await nextTurn()
      try {
        // Nobody else makes these ids: what is there already, an earlier attempt put there, and its acknowledgement was lost.
        // Not every engine stores a batch whole or not at all, so each event of it is asked for.
        if (await insert(batch) === 'duplicate' && batch.length > 1) return await oneByOne(batch)
        return settle(batch)
      } catch (error) {
        if (!isAway(error)) return await refused(batch, error)
        if (!away) log.warn({ err: error }, 'events cannot be stored now: they are kept until the database is back')
        away = true
      }
      await pause(RETRY_MS)
    }
  }

  /** One event that cannot be stored must not hold up the others. */
  async function refused (batch: StoredEvent[], error: unknown): Promise<void> {
    if (batch.length > 1) return oneByOne(batch)
    // After the close the log has it already.
    if (!isClosed()) for (const event of batch) keepInLog(event, error)
    settle(batch)
  }

  async function oneByOne (batch: StoredEvent[]): Promise<void> {
    for (const event of batch) await deliver([event])
  }

  function settle (batch: StoredEvent[]): void {
    waiting.splice(0, batch.length)
    settled += batch.length
    for (const { upTo, done } of flushes) if (settled >= upTo) done()
    if (away) log.info('events are stored again')
    away = false
  }

  function keepInLog (event: StoredEvent, error?: unknown): void {
    const userAgent = event.userAgent === null ? null : maskedQuotation(event.userAgent)
    log.error({ event: { ...event, userAgent, at: new Date(event.at).toISOString() }, ...(error !== undefined && { err: error }) }, 'event not stored: this line is all that is kept of it')
  }

  function tellDropped (): void {
    if (dropped > 0) log.warn({ dropped }, `${dropped} events were dropped, as too many waited to be stored`)
    droppedBefore += dropped
    dropped = 0
  }

  async function pause (ms: number): Promise<void> {
    pausing = new AbortController()
    await sleep(ms, undefined, { signal: pausing.signal, ref: false }).catch(() => {})
  }

  async function flush (patienceMs = PATIENCE_MS): Promise<void> {
    if (waiting.length === 0) return
    pausing.abort()
    await new Promise<void>(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        flushes.delete(waiter)
        resolve()
      }
      const timer = setTimeout(done, patienceMs)
      // Not until the queue is empty: on a busy day it never is.
      const waiter = { upTo: settled + waiting.length, done }
      flushes.add(waiter)
    })
  }

  async function close (): Promise<void> {
    if (state !== 'open') return
    state = 'closing'
    await flush(STOP_PATIENCE_MS)
    state = 'closed'
    pausing.abort()
    for (const event of waiting.splice(0)) keepInLog(event)
    tellDropped()
  }

  return {
    add,
    flush: () => flush(),
    close,
    backlog: {
      get waiting () { return waiting.length },
      get dropped () { return droppedBefore + dropped }
    }
  }
}

function isAway (error: unknown): boolean {
  return error instanceof Failure && error.key === 'DatabaseUnavailable'
}
