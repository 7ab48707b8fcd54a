import { randomBytes } from 'node:crypto'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { createAccounts, type Accounts } from '../src/accounts.ts'
import { createAdministration, type Administration } from '../src/administration.ts'
import { createEnrolment, type Enrol } from '../src/enrolment.ts'
import { createAdministrationStore } from '../src/stores/administration.ts'
import { adoptHashes, type Adopted, type AdoptionOptions } from '../src/adoption.ts'
import { createExportAccount, type ExportAccount } from '../src/account-export.ts'
import { createOwnSessions, type OwnSessions } from '../src/own-sessions.ts'
import { createAudit } from '../src/audit.ts'
import type { Captcha, CaptchaUse } from '../src/captcha.ts'
import { canonicalEmail } from '../src/canonical.ts'
import { createCodes, type CodeStore } from '../src/codes.ts'
import { ConfigError, type Config } from '../src/config.ts'
import { isGuessable, loadCommonPasswords } from '../src/denylist.ts'
import type { Limit } from '../src/limits.ts'
import { createErase, type Erase } from '../src/erasure.ts'
import { createMailCode } from '../src/mailed-codes.ts'
import { createOwnAccount, type OwnAccount } from '../src/own-account.ts'
import { expireAccountTraces } from '../src/retention.ts'
import { createEventStore } from '../src/stores/events.ts'
import { createOwnAccountStore } from '../src/stores/own-account.ts'
import { createOnce } from '../src/once.ts'
import { createScreen } from '../src/screen.ts'
import { createAccountStore } from '../src/stores/accounts.ts'
import { createMemoryCodeStore } from '../src/stores/codes.memory.ts'
import { createRedisCodeStore } from '../src/stores/codes.redis.ts'
import { memoryCounter, redisCounter } from '../src/stores/counters.ts'
import { createMemoryNetworkStore } from '../src/stores/networks.memory.ts'
import { createRedisNetworkStore } from '../src/stores/networks.redis.ts'
import { createMemorySpentStore } from '../src/stores/spent.memory.ts'
import { createRedisSpentStore } from '../src/stores/spent.redis.ts'
import type { Stretch } from '../src/stretch.ts'
import { createThrottle } from '../src/throttle.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: Accounts
    ownAccount: OwnAccount
    ownSessions: OwnSessions
    exportAccount: ExportAccount
    administration: Administration
    /** Makes an account without a code. */
    enrol: Enrol
    /** Erases an account everywhere. */
    erase: Erase
    /** What became of requests that had to show work. */
    captchaUse: () => CaptchaUse
    /** Stretches the bare hashes of the old service. */
    adoptHashes: (options: Omit<AdoptionOptions, 'atOnce'>) => Promise<Adopted>
  }
}

/** What a test may replace, and what a program beside the service does without. */
export interface Overrides {
  /** The clock of what embedded mode keeps in the process, in milliseconds: never goes back. */
  clock?: () => number
  /** Wall clock in milliseconds. */
  wallClock?: () => number
  /** What stretches passwords, given what else would. */
  stretch?: (stretch: Stretch) => Stretch
  /**
   * For a program that works beside the service and ends soon: nothing is begun that goes on, and the embedded folder is claimed
   * only by one that needs what the service holds in its process.
   */
  beside?: { claim: boolean }
}

const SAMPLE = 500

/** Proof of work, where it is on; what it needs is loaded only then. */
async function captchaOf (app: FastifyInstance, config: Config, now: () => number, wallClock: () => number): Promise<Captcha | undefined> {
  if (config.CAPTCHA === 'off') return undefined
  const { createCaptcha } = await import('../src/captcha.ts')
  const server = config.mode === 'server'
  // What an embedded service knows of used solutions ends with it, so what it has signed does too.
  const secret = server ? Buffer.from(config.JWT_SECRET_KEY) : randomBytes(32)
  return createCaptcha(server ? createRedisSpentStore(app.redis) : createMemorySpentStore(now), secret, config.CAPTCHA_DIFFICULTY, wallClock)
}

/** Wires stores to services: in Redis what processes share, in the process where there is only one. */
async function services (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const report = (error: unknown, what: string): void => { app.log.warn({ err: error }, what) }
  const now = overrides.clock ?? (() => performance.now())
  const once = createOnce(now)
  const secret = config.JWT_SECRET_KEY
  const wallClock = overrides.wallClock ?? Date.now
  const store = createAccountStore(app.database, wallClock)
  const ownStore = createOwnAccountStore(app.database)
  const { passwords, sessions, sessionStore, revocations, tokens, mails, mailer, notices, events } = app

  const replicated = config.REDIS_SENTINELS.length + config.REDIS_CLUSTER_NODES.length > 0
  const codeStore: CodeStore = config.mode === 'server' ? createRedisCodeStore(app.redis, replicated) : createMemoryCodeStore(now)
  const limiter = (limit: Limit): RateLimiterAbstract => config.mode === 'server' ? redisCounter(app.redis, limit) : memoryCounter(limit, now)

  const codes = createCodes(codeStore, { secret, ttlSeconds: config.VERIFY_CODE_TTL, cooldownSeconds: config.VERIFY_CODE_COOLDOWN }, report, once)
  const networks = config.mode === 'server' ? createRedisNetworkStore(app.redis) : createMemoryNetworkStore(now)
  const captcha = await captchaOf(app, config, now, wallClock)
  app.decorate('captchaUse', () => captcha?.use ?? { asked: 0, passed: 0, refused: 0 })
  const throttle = createThrottle(limiter, networks, secret, report, once, captcha)
  const common = config.PASSWORD_DENYLIST === 'off' ? undefined : loadCommonPasswords()
  const screen = createScreen(config.PASSWORD_DENYLIST, common, () => { app.log.warn('a common password was let past: PASSWORD_DENYLIST=on would refuse it') })
  const audit = createAudit(events)
  const mailCode = createMailCode({ codes, throttle, mails, mailer, report }, config.VERIFY_CODE_TTL)
  const eventStore = createEventStore(app.database)
  const erase = createErase({ store: ownStore, events, eventStore, codes, throttle, revocations, report }, wallClock)
  const accounts = createAccounts(
    { store, passwords, screen, codes, throttle, sessions, revocations, tokens, mailCode, notices, audit, report },
    { hideAccounts: config.HIDE_ACCOUNTS, notifyNewNetwork: config.NOTIFY_NEW_NETWORK },
    wallClock
  )

  app.decorate('accounts', accounts)
  app.decorate('ownAccount', createOwnAccount(
    { accounts: store, store: ownStore, passwords, screen, codes, throttle, revocations, mailCode, notices, audit, erase, report },
    { hideAccounts: config.HIDE_ACCOUNTS },
    wallClock
  ))
  app.decorate('ownSessions', createOwnSessions({ accounts: store, sessions, tokens, audit }))
  app.decorate('exportAccount', createExportAccount({ accounts: store, store: ownStore, sessions: sessionStore, events, eventStore, audit }))
  app.decorate('erase', erase)
  app.decorate('administration', createAdministration({ accounts: store, store: createAdministrationStore(app.database), sessions, revocations, events, eventStore, erase }, wallClock))
  app.decorate('enrol', createEnrolment({ accounts: store, passwords, screen, events }))
  // The oldest accounts show what passwords have been stored in.
  await app.whenDatabaseIsPrepared(async () => {
    try {
      const oldest = (await store.hashesAfter(0, SAMPLE)).map(({ password }) => password)
      passwords.expect(oldest)
      const lost = oldest.filter(passwords.lacksPepper).length
      if (lost > 0) app.log.error(`PASSWORD_PEPPER lacks a secret that ${lost} of the ${oldest.length} oldest accounts were stored with: they cannot log in`)
    } catch (error) {
      // Nothing that a start should fail for.
      report(error, 'the hashes that there are could not be looked at: failed logins may differ in time until the next start')
    }
  })

  const ending = new AbortController()
  let expiring: Promise<void> | undefined
  await app.whenDatabaseIsPrepared(async () => {
    if (overrides.beside === undefined) expiring ??= expireAccountTraces({ sessions: sessionStore, formerEmails: ownStore, events: eventStore }, { now: wallClock, signal: ending.signal }, app.log)
  })
  app.addHook('onClose', async () => { ending.abort() })

  app.decorate('adoptHashes', options => adoptHashes(store, passwords.wrap, app.events.record, { ...options, atOnce: app.hashesAtOnce }))

  const { BOOTSTRAP_ADMIN_EMAIL, BOOTSTRAP_ADMIN_PASSWORD } = config
  if (BOOTSTRAP_ADMIN_EMAIL !== undefined && BOOTSTRAP_ADMIN_PASSWORD !== undefined && overrides.beside === undefined) {
    const credentials = { Email: canonicalEmail(BOOTSTRAP_ADMIN_EMAIL), Password: BOOTSTRAP_ADMIN_PASSWORD }
    if (config.PASSWORD_DENYLIST === 'on' && common !== undefined && isGuessable(common, passwords.read(credentials.Password).digest, { email: credentials.Email })) {
      throw new ConfigError('BOOTSTRAP_ADMIN_PASSWORD is a common password or too close to BOOTSTRAP_ADMIN_EMAIL')
    }
    await app.whenDatabaseIsPrepared(async () => {
      const created = await accounts.ensureSuperAdmin(credentials)
      if (created) app.log.info('super administrator created from BOOTSTRAP_ADMIN_EMAIL')
    })
  }
}

export default fp(services, { name: 'services', dependencies: ['database', 'events', 'hashing', 'mailer', 'notices', 'sessions'] })
