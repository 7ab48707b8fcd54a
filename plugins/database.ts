import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Kysely } from 'kysely'
import type { Config } from '../src/config.ts'
import { adoptKeys } from '../src/stores/adopt-keys.ts'
import type { Database, Schema } from '../src/stores/database.ts'
import { openMysql } from './database.mysql.ts'
import { openSqlite } from './database.sqlite.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Typed SQL; a statement fails with Code 510 while the database is away or not brought up to date yet. */
    database: Database
    /** Runs the work once the database is up to date: before the service listens where it can be reached, else when it comes. */
    whenDatabaseIsPrepared: (work: () => Promise<void>) => Promise<void>
  }
}

const RETRY_MS = 1_000

/** A database as its driver opens it. */
export interface OpenDatabase {
  dialect: ConstructorParameters<typeof Kysely>[0]['dialect']
  /** Creates and migrates what is missing. Returns the migrations applied. Fails with Code 510 while the database is away, else for good. */
  prepare: () => Promise<string[]>
  /** Statements may run from now on. */
  open: () => void
}

/** The database of the mode: a file of SQLite, or MySQL through `@fastify/mysql`. */
async function database (app: FastifyInstance, config: Config): Promise<void> {
  const { dialect, prepare, open } = config.mode === 'embedded' ? openSqlite(app, config) : await openMysql(app, config)
  const kysely = new Kysely<Schema>({ dialect })
  const afterwards: Array<() => Promise<void>> = []
  let prepared = false
  let retry: NodeJS.Timeout | undefined
  let lastReason = ''

  async function bringUp (): Promise<void> {
    const applied = await prepare()
    open()
    if (applied.length > 0) app.log.info(`database brought up to date: ${applied.join(', ')}`)
    const { adopted, ambiguousEmails, ambiguousNames } = await adoptKeys(kysely)
    if (adopted > 0) app.log.info(`${adopted} existing accounts adopted`)
    if (ambiguousEmails.length > 0) app.log.warn({ userIds: ambiguousEmails.slice(0, 100) }, `${ambiguousEmails.length} accounts share an e-mail with another in a different spelling: they cannot log in until one is changed`)
    if (ambiguousNames.length > 0) app.log.info(`${ambiguousNames.length} accounts share a name with another in a different spelling`)
    prepared = true
    for (const work of afterwards) await work()
  }

  async function tryAgain (): Promise<void> {
    try {
      await bringUp()
      app.log.info('database connected')
    } catch (error) {
      // Once for each new reason: an outage is not a reason to fill the disk as well.
      const reason = isAway(error) ? String(error.cause) : String(error)
      app.log[reason === lastReason ? 'debug' : 'error']({ err: error }, 'database still not usable, trying on')
      lastReason = reason
      retry = setTimeout(tryAgain, RETRY_MS)
    }
  }

  app.decorate('database', kysely)
  app.decorate('whenDatabaseIsPrepared', async work => {
    afterwards.push(work)
    if (prepared) await work()
  })
  app.addHook('onClose', async () => {
    clearTimeout(retry)
    await kysely.destroy()
  })

  try {
    await bringUp()
  } catch (error) {
    if (!isAway(error)) throw error
    app.log.warn({ err: error.cause }, 'database not reachable: answering 510 until it is')
    retry = setTimeout(tryAgain, RETRY_MS)
  }
}

function isAway (error: unknown): error is Error {
  return error instanceof Error && 'key' in error && error.key === 'DatabaseUnavailable'
}

export default fp(database, { name: 'database', dependencies: ['envelope'] })
