import type { Connection, RowDataPacket } from 'mysql2/promise'
import { fail } from '../catalogue.ts'
import { errorCode } from '../config.ts'
import { dateTime } from './database.ts'
import type { MigrationSession } from './migrations.ts'

const LOCK_SECONDS = 60
/** Longest waits for an answer, in milliseconds: for a look-up, and for a change of a table, which may have many rows. */
const QUICK_MS = 2_000
const CHANGE_MS = 3_600_000

/** What a statement answers that was carried out before: MySQL commits each change of a table by itself, so a migration cut off in the middle is taken up again. */
const ALREADY_DONE = new Set(['ER_TABLE_EXISTS_ERROR', 'ER_DUP_FIELDNAME', 'ER_DUP_KEYNAME'])

/** Creates the database where it is missing and the user may. @throws the server's error where the user may not */
export async function createMysqlDatabase (connection: Connection, name: string): Promise<void> {
  const [found] = await connection.query<RowDataPacket[]>({ sql: 'SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', timeout: QUICK_MS }, [name])
  if (found.length === 0) await connection.query({ sql: 'CREATE DATABASE IF NOT EXISTS ?? DEFAULT CHARACTER SET utf8mb4', timeout: QUICK_MS }, [name])
  await connection.query({ sql: 'USE ??', timeout: QUICK_MS }, [name])
}

/**
 * Migrations over one connection. The lock lives with the connection, so a process that dies frees it; where a cluster
 * keeps such locks per node, two nodes may work side by side, which the repeatable statements allow.
 */
export function mysqlMigrationSession (connection: Connection, database: string): MigrationSession {
  const lock = `dream_migrate_${database}`.slice(0, 64)
  return {
    dialect: 'mysql',
    async exclusively (work) {
      const [[row]] = await connection.query<RowDataPacket[]>({ sql: 'SELECT GET_LOCK(?, ?) AS Held', timeout: LOCK_SECONDS * 1000 + QUICK_MS }, [lock, LOCK_SECONDS])
      if (row?.Held !== 1) throw fail('DatabaseUnavailable', {}, new Error(`another process has been migrating the database for over ${LOCK_SECONDS} s`))
      try {
        return await work()
      } finally {
        await connection.query({ sql: 'DO RELEASE_LOCK(?)', timeout: QUICK_MS }, [lock]).catch(() => {})
      }
    },
    async run (statement) {
      try {
        await connection.query({ sql: statement, timeout: CHANGE_MS })
      } catch (error) {
        if (!ALREADY_DONE.has(errorCode(error))) throw error
      }
    },
    async columns (table) {
      try {
        const [rows] = await connection.query<RowDataPacket[]>({ sql: 'SHOW COLUMNS FROM ??', timeout: QUICK_MS }, [table])
        return rows.map(row => String(row.Field))
      } catch (error) {
        if (errorCode(error) === 'ER_NO_SUCH_TABLE') return []
        throw error
      }
    },
    async applied () {
      try {
        const [rows] = await connection.query<RowDataPacket[]>({ sql: 'SELECT Version FROM DreamMigrations', timeout: QUICK_MS })
        return rows.map(row => Number(row.Version))
      } catch (error) {
        if (errorCode(error) === 'ER_NO_SUCH_TABLE') return []
        throw error
      }
    },
    async record ({ version, name }) {
      await connection.query({ sql: 'CREATE TABLE IF NOT EXISTS DreamMigrations (Version INT NOT NULL PRIMARY KEY, Name VARCHAR(100) NOT NULL, AppliedAt DATETIME NOT NULL) DEFAULT CHARACTER SET utf8mb4', timeout: CHANGE_MS })
      await connection.query({ sql: 'INSERT IGNORE INTO DreamMigrations (Version, Name, AppliedAt) VALUES (?, ?, ?)', timeout: QUICK_MS }, [version, name, dateTime(Date.now())])
    }
  }
}
