import { sql, type Generated, type Kysely } from 'kysely'
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
  /** UTC, in seconds. */
  DisabledAt: Generated<string | null>
  /** What the forerunner kept besides, and what other programs of the deployment may. */
  AvatarUrl: Generated<string | null>
  Gender: Generated<string | null>
  BirthDate: Generated<string | null>
  Phone: Generated<string | null>
  Address: Generated<string | null>
}

/** Times are UTC, in seconds unless said. */
export interface SessionsTable {
  SessionID: string
  UserID: number
  /** The account's when the session began: of another than today's, it is over. */
  TokenVersion: number
  /** How often it was refreshed. */
  Generation: Generated<number>
  /** In milliseconds. */
  RefreshedAt: string | null
  CreatedAt: string
  LastSeenAt: string
  ExpiresAt: string
  RevokedAt: string | null
  Network: string
  UserAgent: string
}

export interface FormerEmailsTable {
  EmailKey: string
  UserID: number
  /** UTC, in milliseconds. */
  ReservedUntil: string
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

/** Times are UTC, in milliseconds. */
export interface PendingNoticesTable {
  /** A UUID of version 7. */
  NoticeID: string
  /** The account that takes the notice along when it is deleted. */
  UserID: number | null
  Email: string
  Language: string
  Kind: string
  /** JSON. */
  Details: string
  Attempts: number
  /** Not before; of a claimed one, how long the claim lasts. */
  DueAt: string
  Claim: string | null
  HandedOverAt: string | null
}

export interface Schema { Users: UsersTable, Sessions: SessionsTable, FormerEmails: FormerEmailsTable, Events: EventsTable, PendingNotices: PendingNoticesTable }

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

/** What a DATETIME means, in milliseconds. */
export function millisecondsOf (dateTime: string): number {
  return Date.parse(`${dateTime.replace(' ', 'T')}Z`)
}

/** The wall clock of the database, which all processes share: in milliseconds, of whole seconds. Sessions are in UTC. In embedded mode it is the machine's. May fail with Code 510. */
export async function clockOf (database: Database): Promise<number> {
  const { rows: [row] } = await sql<{ Now: string }>`SELECT CURRENT_TIMESTAMP AS Now`.execute(database)
  return millisecondsOf(row?.Now ?? '')
}
