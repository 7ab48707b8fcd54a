import fastifyMysql, { type MySQLPool } from '@fastify/mysql'
import type { FastifyInstance } from 'fastify'
import { MysqlDialect } from 'kysely'
import mysql, { type ConnectionOptions, type PoolOptions } from 'mysql2'
import { createConnection } from 'mysql2/promise'
import { ConfigError, type Config } from '../src/config.ts'
import { databaseError, isUnavailable } from '../src/stores/database-errors.ts'
import { createMysqlDatabase, mysqlMigrationSession } from '../src/stores/migrate.mysql.ts'
import { migrate } from '../src/stores/migrations.ts'
import { boundPool } from '../src/stores/mysql-pool.ts'
import type { OpenDatabase } from './database.ts'

declare module 'fastify' {
  interface FastifyInstance {
    mysql: MySQLPool
  }
}

const CONNECT_MS = 800
const LIMITS = { acquireMs: 900, queryMs: 1_000 }
const QUEUE_LIMIT = 1_000

// Escaping relies on backslashes and reading on strict types: neither is left to the server's configuration.
const SESSION = "SET SESSION sql_mode = 'STRICT_TRANS_TABLES,NO_ENGINE_SUBSTITUTION', time_zone = '+00:00'"

function connectionOptions (config: Config): ConnectionOptions {
  return {
    host: config.DB_HOST ?? '',
    port: config.DB_PORT,
    user: config.DB_USER,
    password: config.DB_PASSWORD ?? '',
    charset: 'utf8mb4_bin',
    connectTimeout: CONNECT_MS,
    stringifyObjects: true,
    ...(config.DB_TLS && { ssl: { rejectUnauthorized: true } })
  }
}

/** A refusal that waiting does not cure, in the operator's words. */
function refused (error: unknown): ConfigError | undefined {
  switch (error instanceof Error && 'code' in error && error.code) {
    case 'ER_ACCESS_DENIED_ERROR':
    case 'ER_ACCESS_DENIED_NO_PASSWORD_ERROR': return new ConfigError('DB_USER and DB_PASSWORD are refused by the database server')
    case 'ER_DBACCESS_DENIED_ERROR': return new ConfigError('DB_NAME is a database that does not exist or that DB_USER has no rights to')
  }
}

/** MySQL or MariaDB through `@fastify/mysql`. */
export async function openMysql (app: FastifyInstance, config: Config): Promise<OpenDatabase> {
  let prepared = false
  let connected = false
  let applied: string[] = []
  const options: PoolOptions = {
    ...connectionOptions(config),
    database: config.DB_NAME,
    connectionLimit: config.DB_POOL_SIZE,
    queueLimit: QUEUE_LIMIT,
    enableKeepAlive: true
  }

  async function prepare (): Promise<string[]> {
    try {
      const connection = await createConnection(connectionOptions(config))
      connection.on('error', () => {})
      try {
        await createMysqlDatabase(connection, config.DB_NAME)
        return await migrate(mysqlMigrationSession(connection, config.DB_NAME), config.DB_MIGRATE)
      } finally {
        connection.destroy()
      }
    } catch (error) {
      throw refused(error) ?? databaseError(error)
    }
  }

  // The plugin asks the database a question before it is content. Where nobody answers yet, the same pool does without.
  try {
    applied = await prepare()
    await app.register(fastifyMysql, { ...options, type: 'pool' })
    connected = true
  } catch (error) {
    if (!isUnavailable(error)) throw error
    const pool = mysql.createPool(options)
    app.decorate('mysql', { pool, query: pool.query.bind(pool), execute: pool.execute.bind(pool), getConnection: pool.getConnection.bind(pool), format: mysql.format, escape: mysql.escape, escapeId: mysql.escapeId })
    app.addHook('onClose', async () => { await pool.promise().end() })
  }
  const { pool } = app.mysql
  // The connection that the plugin's question opened came before the listener below.
  if (connected) await pool.promise().query(SESSION)
  pool.on('connection', connection => {
    connection.on('error', () => {})
    connection.query(SESSION, error => { if (error !== null) connection.destroy() })
  })

  return {
    // The pool is ended by the plugin that made it.
    dialect: new MysqlDialect({ pool: { ...boundPool(pool, LIMITS, () => prepared), end: callback => { callback(null) } } }),
    prepare: async () => [...applied.splice(0), ...await prepare()],
    open: () => { prepared = true }
  }
}
