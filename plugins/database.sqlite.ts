import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import { SqliteDialect, type SqliteDatabase } from 'kysely'
import Sqlite from 'libsql'
import { ConfigError, errorCode, type Config } from '../src/config.ts'
import { databaseError } from '../src/stores/database-errors.ts'
import { sqliteMigrationSession } from '../src/stores/migrate.sqlite.ts'
import { migrate } from '../src/stores/migrations.ts'
import type { OpenDatabase } from './database.ts'

const BUSY_MS = 1_000

/** The embedded database, `dream.db` in `DATA_DIR`. A second process on the same folder is refused. */
export function openSqlite (app: FastifyInstance, config: Config): OpenDatabase {
  const { sqlite, release } = usable(() => {
    mkdirSync(config.DATA_DIR, { recursive: true, mode: 0o700 })
    const release = claimFolder(config.DATA_DIR)
    const file = join(config.DATA_DIR, 'dream.db')
    const sqlite = new Sqlite(file)
    chmodSync(file, 0o600)
    sqlite.pragma('journal_mode = WAL')
    sqlite.pragma('synchronous = FULL')
    sqlite.pragma(`busy_timeout = ${BUSY_MS}`)
    return { sqlite, release }
  })
  app.addHook('onClose', async () => { release() })
  return {
    dialect: new SqliteDialect({ database: withKnownErrors(sqlite) }),
    prepare: () => migrate(sqliteMigrationSession(sqlite), config.DB_MIGRATE),
    open: () => {}
  }
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
  const lock = new Sqlite(join(folder, 'process.lock'))
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (errorCode(error) !== 'SQLITE_BUSY') throw error
    throw new ConfigError('DATA_DIR is in use by another process of this service: embedded mode is for one process; set DB_HOST for more')
  }
  return () => { lock.close() }
}

/** Gives errors that mean the file cannot be used now their Code 510. */
function withKnownErrors (sqlite: Sqlite.Database): SqliteDatabase {
  const known = <A extends unknown[], T>(call: (...args: A) => T) => (...args: A): T => {
    try {
      return call(...args)
    } catch (error) {
      throw databaseError(error)
    }
  }
  return {
    close: () => { sqlite.close() },
    prepare: known((sql: string) => {
      const statement = sqlite.prepare(sql)
      return {
        reader: statement.reader,
        all: known((parameters: readonly unknown[]) => statement.all(...parameters)),
        run: known((parameters: readonly unknown[]) => statement.run(...parameters)),
        iterate: () => { throw new Error('streaming is not supported') }
      }
    })
  }
}
