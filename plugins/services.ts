import { availableParallelism } from 'node:os'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import type { RateLimiterAbstract } from 'rate-limiter-flexible'
import { createAccounts, type Accounts } from '../src/accounts.ts'
import { canonicalEmail } from '../src/canonical.ts'
import { createCodes, type CodeStore } from '../src/codes.ts'
import type { Config } from '../src/config.ts'
import { createQueue } from '../src/queue.ts'
import { createPasswords } from '../src/passwords.ts'
import { createAccountStore } from '../src/stores/accounts.ts'
import { createMemoryCodeStore } from '../src/stores/codes.memory.ts'
import { createRedisCodeStore } from '../src/stores/codes.redis.ts'
import { memoryCounter, redisCounter } from '../src/stores/counters.ts'
import { createThrottle, type Limit } from '../src/throttle.ts'
import { createTokens, type Tokens } from '../src/tokens.ts'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: Accounts
    tokens: Tokens
  }
}

/** What a test may replace: the clock of the codes in the process, in milliseconds. */
export interface Overrides { clock?: () => number }

// libuv has four threads for hashes, files and name look-ups alike: hashes never take the last one.
const HASHES_AT_ONCE = Math.min(availableParallelism(), 3)
/** Some ten seconds of hashes at the default cost; who comes later is told so at once. */
const HASHES_WAITING = 16 * HASHES_AT_ONCE

/** Wires stores to services: in Redis what processes share, in the process where there is only one. */
async function services (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  const report = (error: unknown, what: string): void => { app.log.warn({ err: error }, what) }
  const secret = config.JWT_SECRET_KEY
  const store = createAccountStore(app.database, Date.now)

  const codeStore: CodeStore = config.mode === 'server'
    ? createRedisCodeStore(app.redis)
    : createMemoryCodeStore(overrides.clock ?? (() => performance.now()))
  const limiter = (limit: Limit): RateLimiterAbstract => config.mode === 'server' ? redisCounter(app.redis, limit) : memoryCounter(limit)

  const codes = createCodes(codeStore, { secret, ttlSeconds: config.VERIFY_CODE_TTL, cooldownSeconds: config.VERIFY_CODE_COOLDOWN }, report)
  const passwords = createPasswords({ iterations: config.PASSWORD_HASH_ITERATIONS, requireDigest: config.REQUIRE_PASSWORD_DIGEST }, createQueue(HASHES_AT_ONCE, HASHES_WAITING))
  const tokens = createTokens({ sign: claims => app.jwt.sign(claims), verify: token => app.jwt.verify(token) }, id => store.standing(id))
  const accounts = createAccounts(
    { store, passwords, codes, tokens, throttle: createThrottle(limiter, secret, report), mailer: app.mailer, report },
    { hideAccounts: config.HIDE_ACCOUNTS, codeTtlSeconds: config.VERIFY_CODE_TTL }
  )

  app.decorate('tokens', tokens)
  app.decorate('accounts', accounts)

  const { BOOTSTRAP_ADMIN_EMAIL, BOOTSTRAP_ADMIN_PASSWORD } = config
  if (BOOTSTRAP_ADMIN_EMAIL !== undefined && BOOTSTRAP_ADMIN_PASSWORD !== undefined) {
    await app.whenDatabaseIsPrepared(async () => {
      const created = await accounts.ensureSuperAdmin({ Email: canonicalEmail(BOOTSTRAP_ADMIN_EMAIL), Password: BOOTSTRAP_ADMIN_PASSWORD })
      if (created) app.log.info('super administrator created from BOOTSTRAP_ADMIN_EMAIL')
    })
  }
}

export default fp(services, { name: 'services', dependencies: ['database', 'mailer', 'jwt'] })
