import type Sqlite from 'libsql'
import { dateTime } from './database.ts'
import type { MigrationSession } from './migrations.ts'

/** Migrations of the embedded database: all pending ones in one transaction, which is the lock as well. */
export function sqliteMigrationSession (database: Sqlite.Database): MigrationSession {
  return {
    dialect: 'sqlite',
    async exclusively (work) {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = await work()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
    async run (statement) {
      database.exec(statement)
    },
    async columns (table) {
      return database.prepare('SELECT name FROM pragma_table_info(?)').all(table).map(row => String(Object(row).name))
    },
    async applied () {
      database.exec('CREATE TABLE IF NOT EXISTS DreamMigrations (Version INTEGER PRIMARY KEY, Name TEXT NOT NULL, AppliedAt TEXT NOT NULL)')
      return database.prepare('SELECT Version FROM DreamMigrations').all().map(row => Number(Object(row).Version))
    },
    async record ({ version, name }) {
      database.prepare('INSERT INTO DreamMigrations (Version, Name, AppliedAt) VALUES (?, ?, ?)').run(version, name, dateTime(Date.now()))
    }
  }
}
