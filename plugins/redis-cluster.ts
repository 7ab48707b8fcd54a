import { once } from 'node:events'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import type { HostPort } from '../src/redis-settings.ts'

/** What shapes answers is part of a client's type, and none of ours sets it. */
export type ClientOptions = Omit<RedisOptions, 'replyMapping'>

/** How often the client asks who has which slots, besides when it is told that it was wrong. */
const REFRESH_MS = 5_000

/**
 * A client of a Redis Cluster, not connected yet. It sends a command again only where a node has said that it did not carry it out
 * (MOVED, ASK, TRYAGAIN), and never after a connection was lost.
 *
 * @param bounds as a single server has them
 */
export function clusterClient (nodes: HostPort[], bounds: ClientOptions, reconnectMs: number): Cluster {
  const { connectTimeout = 0, enableOfflineQueue, lazyConnect, retryStrategy, ...each } = bounds
  const client = new Cluster(nodes, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // Commands for a lost node may have been carried out there.
    retryDelayOnFailover: 0,
    retryDelayOnClusterDown: 0,
    slotsRefreshTimeout: connectTimeout,
    slotsRefreshInterval: REFRESH_MS,
    clusterRetryStrategy: () => reconnectMs,
    // A name is resolved by the connection itself, which checks its certificate against it.
    dnsLookup: (address, callback) => { callback(null, address) },
    redisOptions: { ...each, connectTimeout }
  })
  // Else a node is connected to with its first command, and the next would be refused meanwhile. A little later, as that one may be
  // waiting already; and not before it is known which nodes there are, as the client asks one of them first.
  const connectMasters = (): void => {
    for (const node of client.nodes('master')) if (node.status === 'wait') node.connect().catch(() => {})
  }
  client.on('ready', connectMasters)
  client.on('+node', () => { if (client.status === 'ready') setImmediate(connectMasters) })
  return client
}

/** Connects to the cluster, and to all of its masters. */
export async function connectAll (client: Cluster): Promise<void> {
  await client.connect()
  await Promise.all(client.nodes('master').map(async node => { if (node.status !== 'ready') await once(node, 'ready') }))
}

/** A connection to one node after another, as each is lost: in a cluster every node passes on what was published at any other. */
export function clusterSubscriber (nodes: HostPort[], options: ClientOptions): Redis {
  let turn = Math.floor(Math.random() * nodes.length)
  const subscriber = new Redis({ ...options, ...(nodes[turn] ?? {}) })
  subscriber.on('close', () => { Object.assign(subscriber.options, nodes[++turn % nodes.length]) })
  return subscriber
}

/** What a node has said: a cluster of which no node will do hides it. */
export function reasonOf (error: unknown): string {
  const last = error instanceof Error && 'lastNodeError' in error ? error.lastNodeError : error
  return last instanceof Error ? last.message : String(last)
}
