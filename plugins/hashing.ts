import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { ConfigError, type Config } from '../src/config.ts'
import { createPasswords, checkSm3, type Passwords } from '../src/passwords.ts'
import { createPepper } from '../src/pepper.ts'
import type { Cost } from '../src/phc.ts'
import { createQueue, type Load } from '../src/queue.ts'
import { createHashThreads } from '../src/stretch.ts'
import type { Overrides } from './services.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Hashes passwords on threads of their own, behind a bounded queue. */
    passwords: Passwords
    /** How many it hashes at once. */
    hashesAtOnce: number
    /** How full the queue is. */
    hashQueue: Load
  }
}

/** Some seconds of hashes at the default cost; who comes later is told so at once. */
const WAITING_FOR_EACH = 16

/** RFC 9106, section 4, second recommendation, but for one lane: each thread has one core. */
const ARGON2ID: Cost = { scheme: 'argon2id', memoryKib: 65_536, passes: 3, lanes: 1 }

/** Password hashing off the event loop. */
async function hashing (app: FastifyInstance, { config, overrides }: { config: Config, overrides: Overrides }): Promise<void> {
  try {
    checkSm3()
  } catch {
    throw new ConfigError('this build of Node.js has no working SM3, which passwords depend on: use one with OpenSSL 3 that is not restricted to FIPS')
  }
  const threads = createHashThreads(config.WORKERS)
  const stretch = overrides.stretch?.(threads.stretch) ?? threads.stretch
  const cost: Cost = config.PASSWORD_HASH === 'argon2id' ? ARGON2ID : { scheme: 'pbkdf2-sm3', iterations: config.PASSWORD_HASH_ITERATIONS }
  const queue = createQueue(threads.count, WAITING_FOR_EACH * threads.count)
  const peppers = config.PASSWORD_PEPPER.map(createPepper)
  if (peppers.length > 0) app.log.info(`peppers ${peppers.map(({ id }) => id).join(', ')}, the first for new hashes`)
  app.decorate('passwords', createPasswords({ cost, requireDigest: config.REQUIRE_PASSWORD_DIGEST, peppers }, queue, app.metrics?.ofHashes(stretch) ?? stretch))
  app.decorate('hashesAtOnce', threads.count)
  app.decorate('hashQueue', queue.load)
  app.addHook('onClose', () => threads.close())
}

export default fp(hashing, { name: 'hashing', dependencies: ['metrics'] })
