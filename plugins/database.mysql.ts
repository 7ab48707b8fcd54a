import fastifyMysql, { type FastifyMySQLOptions, type MySQLPool } from '@fastify/mysql'
import type { FastifyInstance } from 'fastify'
import { MysqlDialect } from 'kysely'
import mysql, { type ConnectionOptions, type Pool, type PoolOptions } from 'mysql2'
import { createConnection, type Connection } from 'mysql2/promise'
import { createBreaker } from '../src/breaker.ts'
import { fail, Failure } from '../src/catalogue.ts'
import { ConfigError, errorCode, type Config } from '../src/config.ts'
import { databaseError, isUnavailable, isUnreachable } from '../src/stores/database-errors.ts'
import { createMysqlDatabase, mysqlMigrationSession } from '../src/stores/migrate.mysql.ts'
import { migrate } from '../src/stores/migrations.ts'
import { boundPool, idleConnections, NoAnswer } from '../src/stores/mysql-pool.ts'
import { poolUse } from '../src/stores/pool-use.ts'
import type { OpenDatabase } from './database.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mysql: MySQLPool
  }
}

const CONNECT_MS = 800
const LIMITS = { acquireMs: 900, queryMs: 1_000 }
const QUEUE_LIMIT = 1_000
/** Longest look at the database, and the rest from one to the next while it is dead. */
const LOOK = { limitMs: 1_000, everyMs: 250 }
/** How long a stop waits for connections to be closed in good order. */
const END_MS = 1_000

// Escaping relies on backslashes and reading on strict types: neither is left to the server's configuration. Nor is how long a statement may
// wait for a lock (50 seconds, or a day): one that was given up here would be carried out when nobody expects it any more, and no process would hear of it.
const SESSION = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00', innodb_lock_wait_timeout = 1, lock_wait_timeout = 1"

function connectionOptions (config: Config): ConnectionOptions {
  return {
    host: config.DB_HOST ?? '',
    port: config.DB_PORT,
    user: config.DB_USER,
    password: config.DB_PASSWORD ?? '',
    charset: 'utf8mb4_bin',
    connectTimeout: CONNECT_MS,
    stringifyObjects: true,
    // As a string: a Date would be made of it as of a local time.
    dateStrings: true,
    ...(config.DB_TLS && { ssl: { rejectUnauthorized: true, verifyIdentity: true } })
  }
}

/** A refusal that waiting does not cure, in the operator's words. */
function refused (error: unknown): ConfigError | undefined {
  switch (errorCode(error)) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR': return new ConfigError('DB_USER and DB_PASSWORD are refused by the database server')
    case 'ER_TABLEACCESS_DENIED_ERROR': return new ConfigError('DB_USER may not bring the tables up to date: run "npm run migrate" as a user who may')
    case 'ER_DBACCESS_DENIED_ERROR': return new ConfigError('DB_NAME is a database that does not exist or that DB_USER has no rights to')
  }
}

/** Whether a statement failed for want of an answer. */
function isDeath (error: unknown): boolean {
  const cause = error instanceof Failure ? error.cause : error
  return cause instanceof NoAnswer || isUnreachable(cause)
}

/**
 * MySQL or MariaDB through `@fastify/mysql`.
 *
 * @param probe asks whether a login could be recorded
 */
export async function openMysql (app: FastifyInstance, config: Config, probe: () => Promise<unknown>): Promise<OpenDatabase> {
  const options: PoolOptions = {
    ...connectionOptions(config),
    database: config.DB_NAME,
    connectionLimit: config.DB_POOL_SIZE,
    queueLimit: QUEUE_LIMIT,
    enableKeepAlive: true
  }

  async function connected<T> (work: (connection: Connection) => Promise<T>): Promise<T> {
    try {
      const connection = await createConnection(connectionOptions(config))
      connection.on('error', () => {})
      try {
        await createMysqlDatabase(connection, config.DB_NAME)
        return await work(connection)
      } finally {
        connection.destroy()
      }
    } catch (error) {
      throw refused(error) ?? databaseError(error)
    }
  }

  // The plugin asks the database a question before it is content. Where nobody answers yet, the same pool does without.
  try {
    await connected(async () => {})
    decorate(app, await made(app, { ...options, type: 'pool' }))
    // The connection that the question opened came before the listener below.
    await app.mysql.pool.promise().query({ sql: SESSION, timeout: LIMITS.queryMs })
  } catch (error) {
    if (!isUnavailable(error)) throw error
    if (!app.hasDecorator('mysql')) decorate(app, unasked(mysql.createPool(options)))
  }
  const { pool } = app.mysql
  // A connection that was being made when the service stopped, and could not be, is no failure of the stop; one that is given up
  // while the pool waits for it is waited for without end.
  const end = pool.end.bind(pool)
  pool.end = (callback?: (error: NodeJS.ErrnoException | null) => void) => {
    const ended = (): void => {
      clearTimeout(timer)
      callback?.(null)
      callback = undefined
    }
    const timer = setTimeout(ended, END_MS)
    end(ended)
  }
  pool.on('connection', connection => {
    connection.on('error', () => {})
    connection.query({ sql: SESSION, timeout: LIMITS.queryMs }, error => { if (error !== null) connection.destroy() })
  })

  const idle = idleConnections(pool)
  const breaker = createBreaker({
    ...LOOK,
    probe,
    isDeath,
    changed (state, { error }) {
      if (state === 'closed') return app.log.info('database answers again')
      app.log.warn({ err: error }, 'database does not answer: answering 510 until it does')
      idle.destroy()
    }
  })
  app.breakers.set('Database', breaker)
  app.addHook('onClose', async () => { breaker.stop() })

  return {
    // The pool is ended by the hook of the one who made it.
    dialect: ready => new MysqlDialect({ pool: { ...boundPool(pool, LIMITS, ready, breaker), end: callback => { callback(null) } } }),
    isDead: () => breaker.state() === 'open',
    use: () => poolUse(pool, config.DB_POOL_SIZE),
    prepare: () => connected(connection => migrate(mysqlMigrationSession(connection, config.DB_NAME), config.DB_MIGRATE))
  }
}

/**
 * What the plugin makes. It is called, not registered: Fastify would fail the start for whatever the plugin fails with, and after ten seconds for a question that nobody answers.
 *
 * @throws what it failed with, or Code 510 where it is not content in time
 */
function made (app: FastifyInstance, options: FastifyMySQLOptions): Promise<MySQLPool> {
  return new Promise((resolve, reject) => {
    let client: MySQLPool | undefined
    let over = false
    const timer = setTimeout(() => {
      over = true
      reject(fail('DatabaseUnavailable', {}, new NoAnswer(`no answer from the database within ${LIMITS.queryMs} ms`)))
    }, LIMITS.queryMs)
    const aside: FastifyInstance = Object.create(app, {
      decorate: { value: (_name: string, value: MySQLPool) => { client = value } },
      addHook: { value: () => {} }
    })
    fastifyMysql(aside, options, error => {
      clearTimeout(timer)
      if (client === undefined) return reject(error ?? new Error('@fastify/mysql has made no pool'))
      // The service has one by now.
      if (over) client.pool.end(() => {})
      resolve(client)
    })
  })
}

/** The same without its question. */
function unasked (pool: Pool): MySQLPool {
  const { format, escape, escapeId } = mysql
  return { pool, query: pool.query.bind(pool), execute: pool.execute.bind(pool), getConnection: pool.getConnection.bind(pool), format, escape, escapeId }
}

function decorate (app: FastifyInstance, client: MySQLPool): void {
  app.decorate('mysql', client)
  app.addHook('onClose', async () => { await client.pool.promise().end() })
}
