import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { find, freePort, serve, startRedis, type Service } from './services.ts'

/** What ends them all. */
type Nodes = { nodes: Service[], settings: Record<string, string>, stop: () => Promise<void> }

export interface Sentinels extends Nodes {
  sentinels: Service[]
  /** The present master, as the sentinels have it. */
  master: () => Promise<Service>
}

export interface RedisCluster extends Nodes {
  /** The node that has the slot of a key. */
  ownerOf: (key: string) => Promise<Service>
}

const MASTER = 'dream'
/** A master that is silent this long is taken for dead. The machine may be busy. */
const DOWN_MS = 2_000
const PATIENCE_MS = 60_000

/** Words for one server, and its answer. */
export async function tell (port: number, [command = '', ...words]: string[], password?: string): Promise<unknown> {
  const redis = new Redis({ port, ...(password !== undefined && { password }) })
  redis.on('error', () => {})
  try {
    return await redis.call(command, ...words)
  } finally {
    redis.disconnect()
  }
}

async function waitUntil (condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !await condition(); await sleep(100)) {
    if (Date.now() > end) throw new Error('took too long')
  }
}

function folderOf (folder: string, name: string): string {
  const made = join(folder, name)
  mkdirSync(made, { recursive: true })
  return made
}

/** A master, replicas that are in step with it, and three sentinels, of which two decide. */
export async function startSentinels (folder: string, { replicas = 2, password, sentinelPassword }: { replicas?: number, password?: string, sentinelPassword?: string } = {}): Promise<Sentinels> {
  const secured = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const master = await startRedis(folderOf(folder, 'redis-0'), undefined, secured)
  const following = ['--replicaof', `127.0.0.1 ${master.port}`, '--repl-diskless-sync-delay', '0', ...secured]
  const nodes = [master, ...await Promise.all(Array.from({ length: replicas }, (_, i) => startRedis(folderOf(folder, `redis-${i + 1}`), undefined, following)))]
  const sentinels = await Promise.all([1, 2, 3].map(async i => {
    const port = await freePort()
    const own = folderOf(folder, `sentinel-${i}`)
    const file = join(own, 'sentinel.conf')
    writeFileSync(file, [
      `port ${port}`, 'bind 127.0.0.1', `dir ${own}`,
      `sentinel monitor ${MASTER} 127.0.0.1 ${master.port} 2`, `sentinel down-after-milliseconds ${MASTER} ${DOWN_MS}`, `sentinel failover-timeout ${MASTER} 10000`,
      ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER} ${password}`]),
      ...(sentinelPassword === undefined ? [] : [`requirepass ${sentinelPassword}`])
    ].join('\n'))
    return serve(find('redis-server') ?? 'redis-server', [file, '--sentinel'], port, () => /PONG|NOAUTH/.test(spawnSync(find('redis-cli') ?? 'redis-cli', ['-p', String(port), 'ping'], { encoding: 'utf8' }).stdout))
  }))
  const ask = (service: Service, ...words: string[]): Promise<unknown> => tell(service.port, words, sentinelPassword)
  await waitUntil(async () => (await Promise.all(sentinels.map(each => ask(each, 'SENTINEL', 'CKQUORUM', MASTER).catch(String)))).every(answer => String(answer).startsWith('OK 3')))
  await waitUntil(async () => String(await tell(master.port, ['INFO', 'replication'], password)).split('state=online').length - 1 === replicas)
  await waitUntil(async () => (await Promise.all(sentinels.map(each => ask(each, 'SENTINEL', 'REPLICAS', MASTER)))).every(known => Array.isArray(known) && known.length === replicas))

  return {
    nodes,
    sentinels,
    settings: { REDIS_SENTINELS: sentinels.map(({ port }) => `127.0.0.1:${port}`).join(), REDIS_MASTER_NAME: MASTER },
    async master () {
      const ports = await Promise.all(sentinels.map(async each => (await ask(each, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', MASTER) as string[])[1]))
      const found = nodes.find(({ port }) => String(port) === ports[0])
      if (found === undefined) throw new Error('the sentinels know no master')
      return found
    },
    stop: async () => { await Promise.all([...sentinels, ...nodes].map(each => each.stop())) }
  }
}

/** A Redis Cluster of three masters with a replica each. */
export async function startRedisCluster (folder: string, password?: string): Promise<RedisCluster> {
  const secured = password === undefined ? [] : ['--requirepass', password, '--masterauth', password]
  const nodes = await Promise.all(Array.from({ length: 6 }, async (_, i) => startRedis(folderOf(folder, `node-${i}`), undefined, [
    '--cluster-enabled', 'yes', '--databases', '1', '--cluster-port', String(await freePort()), '--cluster-node-timeout', String(DOWN_MS), '--repl-diskless-sync-delay', '0', ...secured
  ])))
  const cli = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync(find('redis-cli') ?? 'redis-cli', [...(password === undefined ? [] : ['-a', password]), ...words], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`${stdout}${stderr}`)
    return stdout
  }
  cli('--cluster', 'create', ...nodes.map(({ port }) => `127.0.0.1:${port}`), '--cluster-replicas', '1', '--cluster-yes')
  const info = (service: Service): Promise<string> => tell(service.port, ['CLUSTER', 'INFO'], password).then(String)
  await waitUntil(async () => (await Promise.all(nodes.map(info))).every(text => text.includes('cluster_state:ok')))
  await waitUntil(async () => (await Promise.all(nodes.map(({ port }) => tell(port, ['INFO', 'replication'], password)))).filter(text => /role:master[^]*state=online|master_link_status:up/.test(String(text))).length === nodes.length)

  return {
    nodes,
    settings: { REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(), REDIS_DB: '0' },
    async ownerOf (key) {
      for (const node of nodes) {
        const answer = await tell(node.port, ['GET', key], password).catch((error: unknown) => error)
        const [, port] = /MOVED \d+ [^ ]*:(\d+)/.exec(String(answer)) ?? []
        const owner = port === undefined ? node : nodes.find(each => String(each.port) === port)
        if (owner !== undefined) return owner
      }
      throw new Error('nobody has the slot')
    },
    stop: async () => { await Promise.all(nodes.map(each => each.stop())) }
  }
}
