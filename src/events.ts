import { createHmac, hkdfSync } from 'node:crypto'
import type { FastifyBaseLogger } from 'fastify'
import { createEventIds } from './event-ids.ts'
import { createEventQueue, type Backlog } from './event-queue.ts'
import { masked } from './secrets.ts'

export const EVENT_TYPES = [
  'sign', 'verify', 'login', 'reset', 'password_change', 'throttle', 'lock', 'adoption', 'role_change', 'refresh', 'logout', 'session_revoke',
  'email_request', 'email_change', 'disablement', 'enablement', 'deletion', 'export', 'creation', 'administration'
] as const
export type EventType = typeof EVENT_TYPES[number]
export type Outcome = 'success' | 'failure'

/** Where a request came from. */
export interface Origin {
  /** As `networkOf` gives it. */
  network: string
  requestId: string
  /** As the client sent it. */
  userAgent: string
}

/** What happened to an account, or to an address that has none. */
export interface AuthEvent {
  type: EventType
  outcome: Outcome
  /** Why, in a word of ours such as a key of the catalogue; never what a client sent. */
  reason?: string | undefined
  /** The canonical address as asked for. A keyed hash of it is kept, and never the address. */
  email?: string | undefined
  userId?: number | undefined
  /** Absent for what a program does by itself. */
  origin?: Origin | undefined
}

/** An event as it is kept. */
export interface StoredEvent {
  id: string
  /** Wall clock, in milliseconds. */
  at: number
  type: EventType
  outcome: Outcome
  reason: string | null
  userId: number | null
  account: string | null
  network: string | null
  userAgent: string | null
  requestId: string | null
}

/** Which events are looked for: those that meet all that is given. */
export interface EventFilter {
  /** What an account has done, and what was done to its addresses. */
  person?: { userId: number, accounts: string[] } | undefined
  /** The keyed hash of an address. */
  account?: string | undefined
  userId?: number | undefined
  type?: EventType | undefined
  outcome?: Outcome | undefined
  network?: string | undefined
  /** Milliseconds. */
  since?: number | undefined
  until?: number | undefined
}

/** What the audit trail needs from storage. Every method may fail with Code 510. */
export interface EventStore {
  /** Stores all of them by one statement. `duplicate`, and nothing is changed, where one is stored already. */
  insert: (events: StoredEvent[]) => Promise<'stored' | 'duplicate'>
  /** Deletes the oldest events before a time in milliseconds, some `limit` at most. Returns how many it found. */
  purge: (before: number, limit: number) => Promise<number>
  /** Events, newest first: those older than an event, where it is given by its id. */
  find: (filter: EventFilter, page: { before?: string | undefined, limit: number }) => Promise<StoredEvent[]>
  /** Deletes the events of the accounts, given by their keyed hashes and, where it is known, by their number; where it is said, those that are older than one. */
  erase: (events: { accounts: string[], userId?: number, before?: string }) => Promise<void>
  /** Which accounts were deleted since a time in milliseconds, and by which event. */
  deletions: (since: number) => Promise<Array<{ id: string, account: string }>>
}

export type EventLog = Pick<FastifyBaseLogger, 'debug' | 'info' | 'warn' | 'error'>

/** The audit trail. */
export interface Events {
  /** Takes an event down. Neither waits nor throws: it is stored in the background. */
  record: (event: AuthEvent) => void
  /** An event as it is kept, for whoever stores it with the change that it tells of. */
  compose: (event: AuthEvent) => StoredEvent
  /** What stands for an address in the trail. */
  accountHash: (email: string) => string
  /** Waits until what was recorded is stored, two seconds at most. */
  flush: () => Promise<void>
  /** Likewise, and what could not be stored by then goes to the log, as does what is recorded later. */
  close: () => Promise<void>
  readonly backlog: Backlog
}

const LONGEST = { word: 60, network: 64, userAgent: 200 }
/** Controls, direction marks and other invisible ones, halves of surrogate pairs, line separators. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

/** What may be shown on any screen and stored in any column. The bound comes first: it keeps the time linear. */
export function printable (text: string, most: number): string {
  // Joined anew: a slice would keep the whole of a long header in memory.
  return Array.from(text.slice(0, 2 * most).replace(UNPRINTABLE, '\uFFFD')).slice(0, most).join('')
}

/**
 * The keyed hash that stands for an address in the audit trail, 43 characters of base64url: events of one address can be
 * found together, also where it has no account, and the address cannot be read from them.
 *
 * @param secret the service's key, from which the key of the hashes is derived
 */
export function createAccountHash (secret: string): (email: string) => string {
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'dream-auth audit trail', 32))
  return email => createHmac('sha256', key).update(email).digest('base64url')
}

/**
 * @param options.secret the service's key
 * @param options.now wall clock in milliseconds
 * @param log where outages are told, and events that cannot be stored are kept
 */
export function createEvents (store: Pick<EventStore, 'insert'>, { secret, now }: { secret: string, now: () => number }, log: EventLog): Events {
  const accountHash = createAccountHash(secret)
  const nextId = createEventIds()
  const { add, flush, close, backlog } = createEventQueue(store.insert, log)

  function compose ({ type, outcome, reason, email, userId, origin }: AuthEvent): StoredEvent {
    const at = now()
    return {
      id: nextId(at),
      at,
      type,
      outcome,
      reason: reason === undefined ? null : printable(reason, LONGEST.word),
      userId: userId ?? null,
      account: email === undefined ? null : accountHash(email),
      network: origin === undefined ? null : printable(origin.network, LONGEST.network),
      userAgent: origin === undefined ? null : masked(printable(origin.userAgent, LONGEST.userAgent)),
      requestId: origin === undefined ? null : printable(origin.requestId, LONGEST.word)
    }
  }

  return { record: event => { add(compose(event)) }, compose, accountHash, flush, close, backlog }
}
