import { Redis } from 'ioredis'
import { createConnection, type Connection } from 'mysql2/promise'
import { network, type Network } from '../support/faults.ts'
import { serve, type Program } from '../support/program.ts'
import { scratchFolder } from '../support/scratch.ts'
import { startMariadb, startRedis, type Ending, type Service } from '../support/services.ts'
import { startMailServer, type MailServer } from './mail-server.ts'

export type Dependency = 'database' | 'redis' | 'mail'

/** What the service under test depends on, each behind a network that can fail. */
export interface Scene {
  net: Record<Dependency, Network>
  mail: MailServer
  servers: { database: Service, redis: Service }
  /** Starts a server that was stopped. */
  start: (server: 'database' | 'redis') => Promise<void>
  /** Asks the database as root, past the network. */
  asRoot: <T>(work: (connection: Connection) => Promise<T>) => Promise<T>
  /** A client of Redis past the network; it ends with the scene. */
  redis: () => Redis
  /** What an operator would set. */
  settings: Record<string, string>
  /** Starts the compiled program, and waits until it listens. */
  serve: () => Promise<{ program: Program, url: string }>
}

export const POOL_SIZE = 5
export const ADMIN = { Email: 'root@example.com', Password: 'the operator of the outages' }
const USER = { DB_USER: 'dream', DB_PASSWORD: 'of the database', DB_NAME: 'dream' }

/** Servers of a scene of its own. */
export async function setScene (ending: Ending): Promise<Scene> {
  const folder = scratchFolder(ending, 'outages')
  const [database, redis, mail] = await Promise.all([startMariadb(folder), startRedis(folder), startMailServer(ending)])
  const servers = { database, redis }
  ending.teardown(async () => { await Promise.all([servers.database.stop(), servers.redis.stop()]) })
  const target = { database: database.port, redis: redis.port, mail: Number(mail.settings.EMAIL_SMTP_PORT) }
  const net = { database: await network(ending, target.database), redis: await network(ending, target.redis), mail: await network(ending, target.mail) }

  const scene: Scene = {
    net,
    mail,
    servers,
    async start (server) {
      servers[server] = await (server === 'database' ? startMariadb : startRedis)(folder, target[server])
    },
    async asRoot (work) {
      const connection = await createConnection({ host: '127.0.0.1', port: target.database, user: 'root' })
      connection.on('error', () => {})
      try {
        return await work(connection)
      } finally {
        await connection.end().catch(() => {})
      }
    },
    redis () {
      const client = new Redis(target.redis)
      client.on('error', () => {})
      ending.teardown(() => { client.disconnect() })
      return client
    },
    settings: {
      ...mail.settings,
      ...USER,
      DB_HOST: '127.0.0.1',
      DB_PORT: String(net.database.port),
      DB_POOL_SIZE: String(POOL_SIZE),
      REDIS_HOST: '127.0.0.1',
      REDIS_PORT: String(net.redis.port),
      EMAIL_SMTP_PORT: String(net.mail.port),
      JWT_SECRET_KEY: 'for the outages alone: 5e7d0a94c2b8f613',
      BOOTSTRAP_ADMIN_EMAIL: ADMIN.Email,
      BOOTSTRAP_ADMIN_PASSWORD: ADMIN.Password,
      TRUST_PROXY: '127.0.0.1'
    },
    async serve () {
      const program = serve(ending, scene.settings)
      return { program, url: await program.url() }
    }
  }
  await scene.asRoot(async root => {
    await root.query(`CREATE USER ${USER.DB_USER}@'127.0.0.1' IDENTIFIED BY '${USER.DB_PASSWORD}'`)
    await root.query(`GRANT ALL ON ${USER.DB_NAME}.* TO ${USER.DB_USER}@'127.0.0.1'`)
  })
  return scene
}
