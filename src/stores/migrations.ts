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

/** The database lacks migrations and may not be changed. */
export class BehindError extends ConfigError {}

/**
 * Brings the database up to date.
 *
 * @param mayApply whether pending migrations may be applied, else they are an error
 * @returns names of the migrations that were applied
 * @throws {BehindError} when migrations are pending and may not be applied
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
    for (const migration of mine) {
      for (const statement of migration.statements) await session.run(statement)
      await session.record(migration)
    }
    return mine.map(({ name }) => name)
  })
}
