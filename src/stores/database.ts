import type { Generated, Kysely } from 'kysely'
import type { Role } from '../accounts.ts'

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

export interface Schema { Users: UsersTable }

/** Typed SQL over MySQL or SQLite: the text is the same for both. */
export type Database = Kysely<Schema>

/** A DATETIME in UTC, in seconds, as a string: both dialects take and compare it alike. */
export function dateTime (milliseconds: number): string {
  return new Date(milliseconds).toISOString().slice(0, 19).replace('T', ' ')
}
