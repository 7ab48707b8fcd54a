import { setTimeout as sleep } from 'node:timers/promises'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Kysely, type Dialect } from 'kysely'
import { fail, Failure } from '../src/catalogue.ts'
import type { Config } from '../src/config.ts'
import { adoptKeys, type Adoption } from '../src/stores/adopt-keys.ts'
import type { Database, Schema } from '../src/stores/database.ts'
import type { PoolUse } from '../src/stores/pool-use.ts'
import { openMysql } from './database.mysql.ts'
import { openSqlite } from './database.sqlite.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Typed SQL; a statement fails with Code 510 while the database is away or not brought up to date yet. */
    database: Database
    /** Runs the work once the database is up to date: before the service listens where it can be reached, else when it comes. And again where it was lost meanwhile: what is done by then must not be done twice. */
    whenDatabaseIsPrepared: (work: () => Promise<void>) => Promise<void>
    /** Asks the database whether a login could be recorded. @throws Code 510 */
    tryDatabase: () => Promise<void>
    /** How the pool of connections is used; SQLite has none. */
    databasePool: () => PoolUse
  }
}

const RETRY_MS = 1_000
/** How long the start waits for the database before the service listens without it. */
const START_PATIENCE_MS = 3_000

/** A database as its driver opens it. */
export interface OpenDatabase {
  /** @param ready whether statements may run yet; until then each fails with Code 510 at once */
  dialect: (ready: () => boolean) => Dialect
  /** Whether it is known that no statement would be answered. */
  isDead: () => boolean
  /** Creates and migrates what is missing. Returns the migrations applied. Fails with Code 510 while the database is away, else for good. */
  prepare: () => Promise<string[]>
  /** How its pool of connections is used, where it has one. */
  use?: () => PoolUse
}

/** The database of the mode: a file of SQLite, or MySQL through `@fastify/mysql`. */
async function database (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const { dialect, isDead, prepare, use } = config.mode === 'embedded' ? openSqlite(app, config, overrides.beside) : await openMysql(app, config, attempt)
  const kysely = new Kysely<Schema>({ dialect: dialect(() => prepared && !isDead()) })
  /** For what must be asked all the same. */
  const early = new Kysely<Schema>({ dialect: dialect(() => true) })
  const afterwards: Array<() => Promise<void>> = []
  const closing = new AbortController()
  let prepared = false
  let trying: Promise<void> | undefined

  /** It writes, as a login does: what answers but is read-only or full is of no use. No account has the number 0, and were there one, it would stay as it is. */
  async function attempt (): Promise<void> {
    if (!prepared) throw fail('DatabaseUnavailable')
    await early.updateTable('Users').set(({ ref }) => ({ LastLogin: ref('LastLogin') })).where('UserID', '=', 0).execute()
  }

  async function bringUp (): Promise<void> {
    const applied = await prepare()
    if (applied.length > 0) app.log.info(`database brought up to date: ${applied.join(', ')}`)
    report(await adoptKeys(early))
    prepared = true
    for (const work of afterwards) await work()
  }

  function report ({ adopted, ambiguousEmails, ambiguousNames }: Adoption): void {
    if (adopted > 0) app.log.info(`${adopted} existing accounts adopted`)
    if (ambiguousEmails.length > 0) app.log.warn({ userIds: ambiguousEmails.slice(0, 100) }, `${ambiguousEmails.length} accounts share an e-mail with another in a different spelling: they cannot log in until the Email of one is changed and its EmailKey set to NULL`)
    if (ambiguousNames.length > 0) app.log.info(`${ambiguousNames.length} accounts share a name with another in a different spelling`)
  }

  /** Waits for an attempt under way, then tries on until one succeeds or the service closes. */
  async function keepTrying (attempt: Promise<void>): Promise<void> {
    for (let lastReason = ''; ; attempt = bringUp()) {
      try {
        await attempt
        app.log.info('database connected')
        return
      } catch (error) {
        // Once for each new reason: an outage is not a reason to fill the disk as well.
        const reason = String(isAway(error) ? error.cause : error)
        app.log[reason === lastReason ? 'debug' : 'warn']({ err: error }, 'database not usable: answering 510 until it is')
        lastReason = reason
      }
      await sleep(RETRY_MS, undefined, { signal: closing.signal, ref: false })
    }
  }

  function tryOn (attempt: () => Promise<void>): void {
    // An abort ends it, and nobody is left to care.
    trying ??= keepTrying(attempt()).catch(() => {}).finally(() => { trying = undefined })
  }

  app.decorate('database', kysely)
  app.decorate('tryDatabase', attempt)
  if (use !== undefined) app.decorate('databasePool', use)
  app.decorate('whenDatabaseIsPrepared', async work => {
    afterwards.push(work)
    if (!prepared) return
    try {
      await work()
    } catch (error) {
      // Lost since: what is to be done is done when it is back, and the service starts without.
      if (!isAway(error)) throw error
      tryOn(() => Promise.reject(error))
    }
  })

  const first = bringUp()
  try {
    await Promise.race([first, sleep(START_PATIENCE_MS, undefined, { ref: false })])
  } catch (error) {
    if (!isAway(error)) throw error
  }
  if (!prepared) tryOn(() => first)
  app.addHook('onClose', async () => {
    closing.abort()
    await Promise.race([trying, sleep(RETRY_MS, undefined, { ref: false })])
  })
}

function isAway (error: unknown): error is Failure {
  return error instanceof Failure && error.key === 'DatabaseUnavailable'
}

export default fp(database, { name: 'database', dependencies: ['breakers', 'envelope'] })
