import { Socket } from 'node:net'
import type { MysqlPool, MysqlPoolConnection } from 'kysely'
import type { Pool, PoolConnection, QueryError } from 'mysql2'
import type { Breaker } from '../breaker.ts'
import { patience, waiting } from '../budget.ts'
import { fail } from '../catalogue.ts'
import { databaseError, isElsewhere, isUnreachable } from './database-errors.ts'
import { retried } from './retries.ts'

export interface PoolLimits {
  /** Longest wait for a connection, in milliseconds. */
  acquireMs: number
  /** Longest wait for the answer to a statement, in milliseconds. */
  queryMs: number
}

/** Who is told of what becomes of statements. */
export type Observer = Pick<Breaker, 'answered' | 'suspect'>

/** Nobody answered in time. */
export class NoAnswer extends Error {}

/**
 * The pool as Kysely takes it, with a bound on every wait, which mysql2 leaves open. Errors that mean the database is away
 * become Code 510; a statement by itself that was rolled back for another's sake is tried again.
 *
 * @param ready whether statements may run yet; until then each fails with Code 510 at once
 */
export function boundPool (pool: Pool, { acquireMs, queryMs }: PoolLimits, ready: () => boolean, observer: Observer): MysqlPool {
  return {
    getConnection (callback) {
      const ms = patience(acquireMs)
      if (!ready()) return callback(fail('DatabaseUnavailable'), noConnection)
      if (ms <= 0) return callback(fail('DatabaseUnavailable', {}, new NoAnswer('no time left for the database')), noConnection)
      const end = waiting()
      let given = false
      const give: typeof callback = (error, connection) => {
        given = true
        clearTimeout(timer)
        end()
        callback(error, connection)
      }
      // No failure of the database: all connections may be busy.
      const timer = afterAnswers(ms, () => { if (!given) give(fail('DatabaseUnavailable', {}, new NoAnswer(`no database connection within ${Math.round(ms)} ms`)), noConnection) })
      pool.getConnection((error, connection) => {
        if (error !== null && isUnreachable(error)) observer.suspect()
        // Came after the caller had its answer: the connection goes back unused.
        if (given) connection?.release()
        // Also where mysql2 gives no code, as when too many wait.
        else if (error !== null) give(fail('DatabaseUnavailable', {}, error), noConnection)
        else give(null, boundConnection(connection, queryMs, observer))
      })
    },
    end (callback) { pool.end(callback) }
  }
}

function boundConnection (connection: PoolConnection, queryMs: number, observer: Observer): MysqlPoolConnection {
  let broken = false
  let inTransaction = false

  function run (sql: string, values: readonly unknown[]): Promise<never> {
    return new Promise((resolve, reject) => {
      // The server takes back what was begun there.
      if (broken) return reject(fail('DatabaseUnavailable', {}, new NoAnswer('the connection was given up')))
      const ms = patience(queryMs)
      if (ms <= 0) {
        broken = inTransaction
        return reject(fail('DatabaseUnavailable', {}, new NoAnswer('no time left for the database')))
      }
      const end = waiting()
      let over = false
      const giveUp = (): void => {
        if (over) return
        // The late answer to a statement given up on would be read as the answer to the next one, and a transaction would stay open.
        broken = over = true
        end()
        if (ms === queryMs) observer.suspect()
        reject(fail('DatabaseUnavailable', {}, new NoAnswer(`no answer from the database within ${Math.round(ms)} ms`)))
      }
      // Not mysql2's own, which begins only when the statement is sent: behind another it may never be.
      const timer = afterAnswers(ms, giveUp)
      connection.query<never>({ sql, values: [...values] }, (error: QueryError | null, result) => {
        if (error !== null && isUnreachable(error)) observer.suspect()
        else observer.answered()
        clearTimeout(timer)
        if (over) return
        over = true
        end()
        // Another server may have become the one that is written to: only a new connection finds it. And what a lost one is asked to roll back, mysql2 refuses
        // with an error that says nothing.
        broken = isElsewhere(error) || isUnreachable(error)
        if (error === null) resolve(result)
        else reject(databaseError(error))
      })
    })
  }

  function query (sql: string, values: readonly unknown[]): never
  function query (sql: string, values: readonly unknown[], callback: (error: unknown, result: never) => void): void
  function query (sql: string, values: readonly unknown[], callback?: (error: unknown, result: never) => void): void {
    if (callback === undefined) throw new Error('streaming is not supported')
    const [boundary] = /^(begin|commit|rollback)$/.exec(sql) ?? []
    // In a transaction what came before is taken back as well: whoever began it runs all of it again.
    const answered = inTransaction || boundary !== undefined ? run(sql, values) : retried(() => run(sql, values))
    if (boundary !== undefined) inTransaction = boundary === 'begin'
    answered.then(result => { callback(null, result) }, (error: unknown) => { callback(error, noResult) })
  }
  return {
    query,
    release () {
      if (broken) drop(connection)
      else connection.release()
    }
  }
}

/** A timer that lets what has arrived be read first: where the process itself was held up, the answer may be there already. */
function afterAnswers (ms: number, run: () => void): NodeJS.Timeout {
  return setTimeout(() => { setImmediate(run) }, ms)
}

// Kysely looks at it where there is no error.
const noResult = undefined as never

// Kysely's callback wants a connection beside the error; nobody uses it.
const refuse = (): never => { throw new Error('not connected') }
const noConnection: MysqlPoolConnection = { query: refuse, release: refuse }

/** Ends a connection at once. mysql2 alone would wait for the other side to end it as well, which may be gone. */
function drop (connection: PoolConnection): void {
  connection.destroy()
  const stream: unknown = Reflect.get(connection, 'stream')
  if (stream instanceof Socket) stream.destroy()
}

/** Keeps track of the connections that nobody uses, to end them: what lay idle when the database died may be dead without knowing. */
export function idleConnections (pool: Pool): { destroy: () => void } {
  const idle = new Set<PoolConnection>()
  pool.on('release', connection => { idle.add(connection) })
  pool.on('acquire', connection => { idle.delete(connection) })
  pool.on('connection', connection => { connection.once('end', () => { idle.delete(connection) }) })
  return {
    destroy () {
      for (const connection of idle) drop(connection)
      idle.clear()
    }
  }
}
