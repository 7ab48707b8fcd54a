import { readdirSync, readFileSync } from 'node:fs'
import { ConfigError } from '../config.ts'
import { root } from '../root.ts'

export interface Migration {
  version: number
  name: string
  statements: string[]
}

/** One dialect's way to run migrations: how to keep others out, run a statement and remember what was applied. */
export interface MigrationSession {
  dialect: 'mysql' | 'sqlite'
  /** Runs the work while no other process runs its own. */
  exclusively: <T>(work: () => Promise<T>) => Promise<T>
  run: (statement: string) => Promise<void>
  /** The columns of a table; none where there is no such table. */
  columns: (table: string) => Promise<string[]>
  applied: () => Promise<number[]>
  record: (migration: Migration) => Promise<void>
}

/** The numbered migrations of a dialect, `sql/<dialect>/NNN-name.sql`, in order. */
export function migrationsOf (dialect: MigrationSession['dialect']): Migration[] {
  const folder = new URL(`sql/${dialect}/`, root)
  return readdirSync(folder).filter(name => /^\d{3}-.*\.sql$/.test(name)).sort().map(name => ({
    version: Number(name.slice(0, 3)),
    name,
    statements: statementsOf(readFileSync(new URL(name, folder), 'utf8'))
  }))
}

/** Statements end with a semicolon at the end of a line; lines that begin with `--` are comments. */
function statementsOf (text: string): string[] {
  return text.replace(/^--.*$/gm, '').split(/;\s*$/m).map(statement => statement.trim()).filter(statement => statement !== '')
}

/** Tables whose name may be in use by another program already, with the columns by which ours is known. */
const CONTESTED = {
  Events: ['EventID', 'OccurredAt', 'Type', 'Outcome', 'Reason', 'UserID', 'Account', 'Network', 'UserAgent', 'RequestID'],
  Sessions: ['SessionID', 'UserID', 'TokenVersion', 'Generation', 'RefreshedAt', 'CreatedAt', 'LastSeenAt', 'ExpiresAt', 'RevokedAt', 'Network', 'UserAgent'],
  FormerEmails: ['EmailKey', 'UserID', 'ReservedUntil'],
  PendingNotices: ['NoticeID', 'UserID', 'Email', 'Language', 'Kind', 'Details', 'Attempts', 'DueAt', 'Claim', 'HandedOverAt']
}

/** "Create unless it exists" would take another program's table for ours. */
async function refuseForeign (session: MigrationSession, pending: Migration[]): Promise<void> {
  for (const [table, ours] of Object.entries(CONTESTED)) {
    const creates = new RegExp(`^CREATE TABLE (IF NOT EXISTS )?${table}\\b`)
    if (!pending.some(({ statements }) => statements.some(statement => creates.test(statement)))) continue
    const there = await session.columns(table)
    if (there.length > 0 && !ours.every(column => there.includes(column))) {
      throw new ConfigError(`${session.dialect === 'mysql' ? 'DB_NAME' : 'DATA_DIR'} has a table ${table} that is not of this service: rename the table, or give the service a database of its own`)
    }
  }
}

/** The database lacks migrations and may not be changed. */
export class BehindError extends ConfigError {}

/**
 * Brings the database up to date.
 *
 * @param mayApply whether pending migrations may be applied, else they are an error
 * @returns names of the migrations that were applied
 * @throws {BehindError} when migrations are pending and may not be applied
 * @throws {ConfigError} where a table of another program stands in the way; nothing is changed then
 */
export async function migrate (session: MigrationSession, mayApply: boolean): Promise<string[]> {
  const all = migrationsOf(session.dialect)
  const pending = async (): Promise<Migration[]> => {
    const applied = new Set(await session.applied())
    return all.filter(({ version }) => !applied.has(version))
  }
  const behind = await pending()
  if (behind.length === 0) return []
  if (!mayApply) throw new BehindError(`DB_MIGRATE is false and the database lacks ${behind.map(({ name }) => name).join(', ')}: run "npm run migrate"`)
  return session.exclusively(async () => {
    // Asked again under the lock: another process may have applied them in the meantime.
    const mine = await pending()
    await refuseForeign(session, mine)
    for (const migration of mine) {
      for (const statement of migration.statements) await session.run(statement)
      await session.record(migration)
    }
    return mine.map(({ name }) => name)
  })
}
