/** A server by its name or address, and its port. */
export interface HostPort { host: string, port: number }

// A name, an IPv4 address, or an IPv6 address in brackets.
const HOST_PORT = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+)):([0-9]{1,5})$/i

/** A comma-separated list of `host:port`; `undefined` where an entry is none, or where there is no entry. */
function hostPorts (value: string): HostPort[] | undefined {
  const list = value.split(',').map(item => item.trim()).filter(item => item !== '').map(item => {
    const [, bracketed, plain, digits] = HOST_PORT.exec(item) ?? []
    return { host: bracketed ?? plain ?? '', port: Number(digits) }
  })
  return list.length > 0 && list.every(({ host, port }) => host !== '' && port >= 1 && port <= 65_535) ? list : undefined
}

export interface RedisSettings {
  REDIS_DB: number
  REDIS_URL?: string
  REDIS_SENTINELS?: string
  REDIS_MASTER_NAME?: string
  REDIS_SENTINEL_PASSWORD?: string
  REDIS_CLUSTER_NODES?: string
}

/** Why settings of a replicated Redis cannot be meant, beginning with the key; nothing where they can. */
export function refusalOf (given: RedisSettings): string | undefined {
  const { REDIS_DB, REDIS_URL, REDIS_SENTINELS, REDIS_MASTER_NAME, REDIS_SENTINEL_PASSWORD, REDIS_CLUSTER_NODES } = given
  for (const key of ['REDIS_SENTINELS', 'REDIS_CLUSTER_NODES'] as const) {
    const value = given[key]
    if (value !== undefined && hostPorts(value) === undefined) return `${key} must list servers as host:port, separated by commas`
  }
  if (REDIS_SENTINELS !== undefined && REDIS_MASTER_NAME === undefined) return 'REDIS_MASTER_NAME is missing: the sentinels may watch several masters'
  if (REDIS_SENTINELS === undefined && REDIS_MASTER_NAME !== undefined) return 'REDIS_SENTINELS is missing: REDIS_MASTER_NAME is theirs'
  if (REDIS_SENTINELS === undefined && REDIS_SENTINEL_PASSWORD !== undefined) return 'REDIS_SENTINELS is missing: REDIS_SENTINEL_PASSWORD is theirs'
  if (REDIS_CLUSTER_NODES !== undefined && REDIS_SENTINELS !== undefined) return 'REDIS_CLUSTER_NODES and REDIS_SENTINELS exclude each other: a cluster needs no sentinels'
  if (REDIS_URL !== undefined && (REDIS_CLUSTER_NODES ?? REDIS_SENTINELS) !== undefined) return 'REDIS_URL names one server: remove it, or the list of sentinels or cluster nodes'
  if (REDIS_CLUSTER_NODES !== undefined && REDIS_DB !== 0) return 'REDIS_DB must be 0 in a cluster, which has no others'
}

/** The lists as they were checked. */
export function redisLists ({ REDIS_SENTINELS = '', REDIS_CLUSTER_NODES = '' }: RedisSettings): { REDIS_SENTINELS: HostPort[], REDIS_CLUSTER_NODES: HostPort[] } {
  return { REDIS_SENTINELS: hostPorts(REDIS_SENTINELS) ?? [], REDIS_CLUSTER_NODES: hostPorts(REDIS_CLUSTER_NODES) ?? [] }
}
