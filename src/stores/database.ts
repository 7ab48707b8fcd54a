import type { Generated, Kysely } from 'kysely'
import type { Role } from '../accounts.ts'
import type { EventType, Outcome } from '../events.ts'

export interface UsersTable {
  UserID: Generated<number>
  UserName: string
  Email: string
  Password: string
  /** UTC, `YYYY-MM-DD HH:MM:SS`. */
  RegisterTime: string | null
  LastLogin: string | null
  /** Canonical e-mail and name; null where another program wrote the row and it was not adopted yet. */
  EmailKey: string | null
  NameKey: string | null
  Role: Generated<Role>
  TokenVersion: Generated<number>
}

export interface EventsTable {
  /** A UUID of version 7: sorted by it, events are sorted by time. */
  EventID: string
  /** UTC, `YYYY-MM-DD HH:MM:SS.mmm`. */
  OccurredAt: string
  Type: EventType
  Outcome: Outcome
  Reason: string | null
  UserID: number | null
  /** Keyed hash of the canonical e-mail. */
  Account: string | null
  Network: string | null
  UserAgent: string | null
  RequestID: string | null
}

export interface Schema { Users: UsersTable, Events: EventsTable }

/** Typed SQL over MySQL or SQLite: the text is the same for both. */
export type Database = Kysely<Schema>

/** A DATETIME in UTC, in seconds, as a string: both dialects take and compare it alike. */
export function dateTime (milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
}

/** A DATETIME(3) in UTC, likewise, in milliseconds. */
export function preciseDateTime (milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 23).replace('T', ' ')
}
