import { closeSync, constants, fchmodSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { SqliteDialect, type SqliteDatabase } from 'kysely'
import Sqlite from 'libsql'
import { fail } from '../src/catalogue.ts'
import { ConfigError, errorCode, type Config } from '../src/config.ts'
import { databaseError } from '../src/stores/database-errors.ts'
import { sqliteMigrationSession } from '../src/stores/migrate.sqlite.ts'
import { migrate } from '../src/stores/migrations.ts'
import type { OpenDatabase } from './database.ts'

/** How long a statement waits for another program to finish writing. It waits in the event loop, so nobody else is served meanwhile. */
const BUSY_MS = 100
/** The same for a program beside the service, which serves nobody. */
const BESIDE_BUSY_MS = 5_000

/** The folder is another process's. */
export class FolderInUseError extends ConfigError {}

/**
 * The embedded database, `dream.db` in `DATA_DIR`. A second process on the same folder is refused.
 *
 * @param beside a program beside the service is refused only where it claims the folder
 */
export function openSqlite (app: FastifyInstance, config: Config, beside?: { claim: boolean }): OpenDatabase {
  const { sqlite, release } = usable(() => {
    mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 })
    const release = beside?.claim === false ? () => {} : claimFolder(config.DATA_DIR)
    const sqlite = new Sqlite(forTheOwner(join(config.DATA_DIR, 'dream.db')))
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma('synchronous = FULL')
    sqlite.pragma(`busy_timeout = ${beside === undefined ? BUSY_MS : BESIDE_BUSY_MS}`)
    return { sqlite, release }
  })
  app.addHook('onClose', async () => {
    sqlite.close()
    release()
  })
  return {
    dialect: ready => new SqliteDialect({ database: withKnownErrors(sqlite, ready) }),
    // What is locked for writers can still be read.
    isDead: () => false,
    async prepare () {
      try {
        return await migrate(sqliteMigrationSession(sqlite), config.DB_MIGRATE)
      } catch (error) {
        throw databaseError(error)
      }
    }
  }
}

/** Makes the file where there is none, readable by nobody else; what SQLite lays beside it is given the same rights. */
function forTheOwner (file: string): string {
  // No link is followed: the folder may be somebody else's, and who runs this may be root.
  const handle = openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | (constants.O_NOFOLLOW ?? 0), 0o600)
  try {
    fchmodSync(handle, 0o600)
  } finally {
    closeSync(handle)
  }
  return file
}

/** Runs what needs the folder to be in order. @throws {ConfigError} where it is not */
function usable<T> (open: () => T): T {
  try {
    return open()
  } catch (error) {
    throw error instanceof ConfigError ? error : new ConfigError(`DATA_DIR cannot be used (${errorCode(error)})`)
  }
}

/**
 * Codes and counters live in the process, so a folder belongs to one process. The claim is a lock on a file of its own that
 * the operating system drops with the process, however that ends, while tools may still read the database beside it.
 */
function claimFolder (folder: string): () => void {
  const lock = new Sqlite(forTheOwner(join(folder, 'process.lock')))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (errorCode(error) !== 'SQLITE_BUSY') throw error
    throw new FolderInUseError('DATA_DIR is in use by another process of this service: embedded mode is for one process; set DB_HOST for more')
  }
  return () => { lock.close() }
}

/** Gives errors that mean the file cannot be used now their Code 510. */
function withKnownErrors (sqlite: Sqlite.Database, ready: () => boolean): SqliteDatabase {
  const known = <A extends unknown[], T>(call: (...args: A) => T) => (...args: A): T => {
    try {
      return call(...args)
    } catch (error) {
      throw databaseError(error)
    }
  }
  const iterate = (): never => { throw new Error('streaming is not supported') }

  /**
   * The lock first. A statement that finds the file locked is not over for libsql (0.5), and no transaction can be committed until it is collected
   * as garbage; `exec` ends what it runs.
   */
  function locked<T> (change: () => T): T {
    if (sqlite.inTransaction) return change()
    sqlite.exec('BEGIN IMMEDIATE')
    try {
      const result = change()
      sqlite.exec('COMMIT')
      return result
    } catch (error) {
      if (sqlite.inTransaction) sqlite.exec('ROLLBACK')
      throw error
    }
  }

  function boundary (sql: string): ReturnType<SqliteDatabase['prepare']> {
    const run = known(() => {
      sqlite.exec(sql === 'begin' ? 'BEGIN IMMEDIATE' : sql)
      return { changes: 0, lastInsertRowid: 0 }
    })
    return { reader: false, all: () => [], run, iterate }
  }

  return {
    // Closed by the hook of the one who opened it.
    close: () => {},
    prepare: known((sql: string) => {
      if (!ready()) throw fail('DatabaseUnavailable')
      if (/^(begin|commit|rollback)$/.test(sql)) return boundary(sql)
      const statement = sqlite.prepare(sql)
      return {
        reader: statement.reader,
        all: known((parameters: readonly unknown[]) => statement.all(...parameters)),
        run: known((parameters: readonly unknown[]) => locked(() => statement.run(...parameters))),
        iterate
      }
    })
  }
}
