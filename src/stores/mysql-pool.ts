import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { Pool, PoolConnection, QueryError } from 'mysql2'
import { fail } from '../catalogue.ts'
import { databaseError } from './database-errors.ts'

export interface PoolLimits {
  /** Longest wait for a connection, in milliseconds. */
  acquireMs: number
  /** Longest wait for the answer to a statement, in milliseconds. */
  queryMs: number
}

/**
 * The pool as Kysely takes it, with a bound on every wait, which mysql2 leaves open. Errors that mean the database is away
 * become Code 510.
 *
 * @param ready whether statements may run yet; until then each fails with Code 510 at once
 */
export function boundPool (pool: Pool, { acquireMs, queryMs }: PoolLimits, ready: () => boolean): MysqlPool {
  return {
    getConnection (callback) {
      if (!ready()) return callback(fail('DatabaseUnavailable'), noConnection)
      let waiting = true
      const timer = setTimeout(() => {
        waiting = false
        callback(fail('DatabaseUnavailable', {}, new Error(`no database connection within ${acquireMs} ms`)), noConnection)
      }, acquireMs)
      pool.getConnection((error, connection) => {
        clearTimeout(timer)
        // Came after the caller had its answer: the connection goes back unused.
        if (!waiting) connection?.release()
        else if (error !== null) callback(databaseError(error), noConnection)
        else callback(null, boundConnection(connection, queryMs))
      })
    },
    end (callback) { pool.end(callback) }
  }
}

function boundConnection (connection: PoolConnection, queryMs: number): MysqlPoolConnection {
  let broken = false
  function query (sql: string, values: readonly unknown[]): never
  function query (sql: string, values: readonly unknown[], callback: (error: unknown, result: never) => void): void
  function query (sql: string, values: readonly unknown[], callback?: (error: unknown, result: never) => void): void {
    if (callback === undefined) throw new Error('streaming is not supported')
    connection.query<never>({ sql, values: [...values], timeout: queryMs }, (error: QueryError | null, result) => {
      // The late answer to a statement given up on would be read as the answer to the next one.
      if (error?.code === 'PROTOCOL_SEQUENCE_TIMEOUT') broken = true
      callback(error === null ? null : databaseError(error), result)
    })
  }
  return {
    query,
    release () {
      if (broken) connection.destroy()
      else connection.release()
    }
  }
}

// Kysely's callback wants a connection beside the error; nobody uses it.
const refuse = (): never => { throw new Error('not connected') }
const noConnection: MysqlPoolConnection = { query: refuse, release: refuse }
