import { createConnection } from 'mysql2/promise'
import { stall } from '../support/faults.ts'
import type { Manners } from './mail-server.ts'
import type { Dependency, Scene } from './scene.ts'

/** A way to lose a dependency. */
export interface Fault {
  name: string
  dependency: Dependency
  /** Begins it, and gives the way to end it. */
  lose: (scene: Scene) => Promise<() => Promise<void>>
  /** Some requests may be served as if nothing were. */
  partial?: true
  /** What Redis kept is gone: a code that was mailed is 521. */
  forgets?: true
  /** Also tried at the start and at a stop of the service. */
  lifecycle?: true
}

/** The least that MariaDB can be set to. */
const LEAST_CONNECTIONS = 10

/** Those of the network, which are the same for each dependency. */
function networkFaults (dependency: Dependency): Fault[] {
  const back = ({ net }: Scene) => () => net[dependency].pass()
  const slow = (name: string, ms: number): Fault => ({
    name,
    dependency,
    partial: true,
    async lose ({ net }) {
      net[dependency].slow(ms)
      return async () => { net[dependency].slow(0) }
    }
  })
  return [
    { name: 'half-open', dependency, lifecycle: true, async lose (scene) { scene.net[dependency].hold(); return back(scene) } },
    { name: 'connections cut', dependency, partial: true, async lose ({ net }) { net[dependency].cut(); return async () => {} } },
    slow('slow: 200 ms', 200),
    slow('slow: 2 s', 2_000)
  ]
}

/** Those of a server of our own. */
function serverFaults (dependency: 'database' | 'redis'): Fault[] {
  return [
    {
      name: 'stopped',
      dependency,
      lifecycle: true,
      forgets: true,
      async lose ({ servers, start }) {
        await servers[dependency].stop()
        return () => start(dependency)
      }
    },
    {
      name: 'restarted',
      dependency,
      partial: true,
      forgets: true,
      async lose ({ servers, start }) {
        const restarting = servers[dependency].stop().then(() => start(dependency))
        return () => restarting
      }
    },
    {
      name: 'stalled (SIGSTOP)',
      dependency,
      async lose ({ servers }) {
        await stall(servers[dependency])
        return async () => { process.kill(servers[dependency].pid, 'SIGCONT') }
      }
    }
  ]
}

/** Every place is taken, and the service's own connections are cut. */
async function useUpConnections ({ servers, asRoot, net }: Scene): Promise<() => Promise<void>> {
  const others = await Promise.all(Array.from({ length: LEAST_CONNECTIONS }, () => createConnection({ host: '127.0.0.1', port: servers.database.port, user: 'root' })))
  await asRoot(root => root.query(`SET GLOBAL max_connections = ${LEAST_CONNECTIONS}`))
  net.database.cut()
  return async () => {
    await Promise.all(others.map(other => other.end()))
    await asRoot(root => root.query('SET GLOBAL max_connections = 500'))
  }
}

async function useUpClients ({ redis, net }: Scene): Promise<() => Promise<void>> {
  const only = redis()
  await only.config('SET', 'maxclients', '1')
  net.redis.cut()
  return async () => {
    await only.config('SET', 'maxclients', '10000')
    only.disconnect()
  }
}

/** A setting of Redis that makes a fault, and the one that ends it. */
function toldToRedis (name: string, begin: [string, ...string[]], end: [string, ...string[]]): Fault {
  return {
    name,
    dependency: 'redis',
    partial: true,
    async lose ({ redis }) {
      const client = redis()
      await client.call(...begin)
      return async () => {
        await client.call(...end)
        client.disconnect()
      }
    }
  }
}

function mannersFault (name: string, manners: Manners, lifecycle?: true): Fault {
  return {
    name,
    dependency: 'mail',
    ...(lifecycle && { lifecycle }),
    async lose ({ mail }) {
      mail.manners = manners
      return async () => { mail.manners = 'polite' }
    }
  }
}

export const faults: Fault[] = [
  ...serverFaults('database'),
  ...networkFaults('database'),
  {
    name: 'read-only',
    dependency: 'database',
    partial: true,
    async lose ({ asRoot }) {
      await asRoot(root => root.query('SET GLOBAL read_only = 1'))
      return async () => { await asRoot(root => root.query('SET GLOBAL read_only = 0')) }
    }
  },
  { name: 'out of connections', dependency: 'database', lose: useUpConnections },

  ...serverFaults('redis'),
  ...networkFaults('redis'),
  toldToRedis('read-only replica', ['REPLICAOF', '127.0.0.1', '1'], ['REPLICAOF', 'NO', 'ONE']),
  toldToRedis('out of memory', ['CONFIG', 'SET', 'maxmemory', '1'], ['CONFIG', 'SET', 'maxmemory', '0']),
  { name: 'out of connections', dependency: 'redis', lose: useUpClients },

  {
    name: 'refuses connections',
    dependency: 'mail',
    lifecycle: true,
    async lose ({ net }) {
      await net.mail.refuse()
      return () => net.mail.pass()
    }
  },
  mannersFault('4xx', 'refuses for now'),
  mannersFault('5xx', 'refuses for good'),
  mannersFault('tarpit', 'tarpit', true),
  mannersFault('cut in mid-message', 'hangs up')
]
