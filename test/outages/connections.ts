import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import type { Dependency, Scene } from './scene.ts'

/** What a process holds open: connections to each dependency, and all that is no connection. */
export interface Held extends Record<Dependency, number> { other: number }

/** Inodes of TCP sockets with the port at their far end, as the kernel lists them (proc(5)). */
function remotePorts (pid: number): Map<string, number> {
  const lines = readFileSync(`/proc/${pid}/net/tcp`, 'utf8').split('\n').slice(1)
  return new Map(lines.map(line => line.trim().split(/\s+/)).map(fields => [fields[9] ?? '', Number.parseInt(fields[2]?.split(':')[1] ?? '0', 16)]))
}

/** Nothing where the kernel does not tell, as Linux does. */
export function heldBy (pid: number, { net }: Pick<Scene, 'net'>): Held {
  const held: Held = { database: 0, redis: 0, mail: 0, other: 0 }
  if (process.platform !== 'linux') return held
  const ports = remotePorts(pid)
  for (const descriptor of readdirSync(`/proc/${pid}/fd`)) {
    const target = linkOf(`/proc/${pid}/fd/${descriptor}`)
    const port = ports.get(/^socket:\[(\d+)\]$/.exec(target)?.[1] ?? '')
    const dependency = (['database', 'redis', 'mail'] as const).find(each => net[each].port === port)
    if (dependency !== undefined) held[dependency]++
    else if (target !== '' && port === undefined) held.other++
  }
  return held
}

/** A descriptor may be closed while they are looked at. */
function linkOf (path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

/** The same as the servers see it: connections of the service that they still keep. */
export async function keptByServers ({ asRoot, redis }: Pick<Scene, 'asRoot' | 'redis'>): Promise<{ database: number, redis: number }> {
  const [processes] = await asRoot(root => root.query("SELECT ID FROM information_schema.PROCESSLIST WHERE USER = 'dream'"))
  const client = redis()
  const list = String(await client.client('LIST'))
  client.disconnect()
  return { database: Array.isArray(processes) ? processes.length : NaN, redis: list.trim().split('\n').length - 1 }
}
