import { setTimeout as sleep } from 'node:timers/promises'
import fastifyRedis from '@fastify/redis'
import fp from 'fastify-plugin'
import type { FastifyInstance } from 'fastify'
import { Redis, type Cluster } from 'ioredis'
import { createBreaker } from '../src/breaker.ts'
import { ConfigError, type Config } from '../src/config.ts'
import { guardRedis, isRedisDeath } from '../src/stores/redis-guard.ts'
import { clusterClient, clusterSubscriber, connectAll, reasonOf, type ClientOptions } from './redis-cluster.ts'

const CONNECT_MS = 800
const COMMAND_MS = 700
const RECONNECT_MS = 250
const QUIT_MS = 500
/** The rest from one look at a dead Redis to the next. */
const LOOK_MS = 250
/** How long what a look has written stays. */
const LOOKED_MS = 1_500
/** Answers to a wrong or missing password. */
const REFUSED = /NOAUTH|WRONGPASS|invalid password|ERR AUTH/
/** With that, the password was refused by a sentinel. */
const BY_SENTINELS = /^All sentinels/
/** How long the start waits for Redis before the service listens without it. */
const START_PATIENCE_MS = 1_500

/** No command waits for a connection or is tried again behind the caller's back: it is answered quickly or fails. */
const BOUNDS: ClientOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  // A command whose answer was lost may have been carried out: sent again, it would find its own work done by another.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  connectTimeout: CONNECT_MS,
  commandTimeout: COMMAND_MS,
  // A connection that is silent this long while an answer is due is given up and made anew.
  socketTimeout: 2 * COMMAND_MS,
  retryStrategy: () => RECONNECT_MS,
  // After a failover the old master refuses writes: look for the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY')
}

/** Where the server is: said by the settings, or asked of the sentinels each time it is connected to. */
function whereabouts ({ REDIS_HOST, REDIS_PORT, REDIS_TLS, REDIS_SENTINELS, REDIS_MASTER_NAME, REDIS_SENTINEL_PASSWORD }: Config): ClientOptions {
  if (REDIS_MASTER_NAME === undefined) return { host: REDIS_HOST, port: REDIS_PORT }
  return {
    sentinels: REDIS_SENTINELS,
    name: REDIS_MASTER_NAME,
    sentinelCommandTimeout: CONNECT_MS,
    sentinelRetryStrategy: () => RECONNECT_MS,
    ...(REDIS_SENTINEL_PASSWORD !== undefined && { sentinelPassword: REDIS_SENTINEL_PASSWORD }),
    ...(REDIS_TLS && { sentinelTLS: {}, enableTLSForSentinelMode: true })
  }
}

function serverClient (config: Config, options: Pick<ClientOptions, 'autoResubscribe'> = {}): Redis {
  if (config.REDIS_URL !== undefined) return new Redis(config.REDIS_URL, { ...BOUNDS, ...options })
  return new Redis({ ...BOUNDS, ...options, ...whereabouts(config), ...credentials(config), db: config.REDIS_DB })
}

function credentials ({ REDIS_PASSWORD, REDIS_TLS }: Config): ClientOptions {
  return { ...(REDIS_PASSWORD !== undefined && { password: REDIS_PASSWORD }), ...(REDIS_TLS && { tls: {} }) }
}

/** A client that is not connected yet. Nothing it is asked waits without a bound. */
export function createClient (config: Config): Redis | Cluster {
  return config.REDIS_CLUSTER_NODES.length > 0 ? clusterClient(config.REDIS_CLUSTER_NODES, { ...BOUNDS, ...credentials(config) }, RECONNECT_MS) : serverClient(config)
}

/** A connection that is to listen, likewise: to the server, or to any node of a cluster. It does not subscribe again by itself. */
export function createSubscriber (config: Config): Redis {
  const quietly = { autoResubscribe: false }
  return config.REDIS_CLUSTER_NODES.length > 0 ? clusterSubscriber(config.REDIS_CLUSTER_NODES, { ...BOUNDS, ...credentials(config), ...quietly }) : serverClient(config, quietly)
}

/** Redis through `@fastify/redis`, with a client of our own so that nothing waits longer than it should. */
async function redis (app: FastifyInstance, config: Config): Promise<void> {
  const client = createClient(config)
  let refused: string | undefined
  /** Why there is no connection, which a command cannot tell. */
  let disconnected: unknown
  const judge = (message: string): void => {
    if (REFUSED.test(message)) refused ??= BY_SENTINELS.test(message) ? 'REDIS_SENTINEL_PASSWORD is refused by the sentinels' : 'REDIS_PASSWORD is refused by the Redis server'
  }
  const breaker = createBreaker({
    // It writes, as a login does.
    probe: () => unguarded(() => client.set('dream:health', '1', 'PX', LOOKED_MS)),
    limitMs: COMMAND_MS,
    isDeath: isRedisDeath,
    everyMs: LOOK_MS,
    changed (state, { error }) {
      if (state === 'closed') app.log.info('Redis answers again')
      else app.log.warn({ err: disconnected ?? error }, 'Redis does not answer: answering 512 until it does')
    }
  })
  const unguarded = guardRedis(client, COMMAND_MS, breaker)
  app.breakers.set('Redis', breaker)
  client.on('ready', () => {
    disconnected = undefined
    breaker.look()
  })
  client.on('close', breaker.suspect)
  client.on('error', error => {
    disconnected = error
    judge(reasonOf(error))
  })

  // In a cluster the look at "ready" comes before its nodes are connected, and finds it dead: with another, the first requests are not told so.
  const connecting = (client instanceof Redis ? client.connect() : connectAll(client)).then(breaker.look).catch((error: unknown) => { judge(reasonOf(error)) })
  await Promise.race([connecting, sleep(START_PATIENCE_MS, undefined, { ref: false })])
  if (refused !== undefined) {
    client.disconnect()
    throw new ConfigError(refused)
  }
  // The plugin waits for a connection as long as it takes. Where there is none yet, the same decorator does without.
  if (client.status === 'ready') await app.register(fastifyRedis, { client })
  // Typed as a record of named clients too, which exist only for those who register several.
  else app.decorate('redis', client as Redis & FastifyInstance['redis'])

  app.addHook('onClose', async () => {
    breaker.stop()
    const quitting = client.quit().catch(() => {})
    await Promise.race([quitting, sleep(QUIT_MS, undefined, { ref: false })])
    client.disconnect()
  })
}

export default fp(redis, { name: 'redis', dependencies: ['breakers'] })
