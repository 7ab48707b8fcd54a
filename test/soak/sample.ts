import { readFileSync } from 'node:fs'
import { heldBy, keptByServers } from '../outages/connections.ts'
import type { Scene } from '../outages/scene.ts'

/** What grows where something leaks, and from which growth on it is said to do so. */
export const measures = {
  memory: { what: 'Resident memory, MB', perHour: 20 },
  heap: { what: 'Heap in use after a collection, MB', perHour: 10 },
  resources: { what: 'What the event loop waits for: sockets, timers, requests', perHour: 20 },
  descriptors: { what: 'Descriptors that are no connection', perHour: 4 },
  threads: { what: 'Threads', perHour: 4 },
  databaseConnections: { what: 'Connections to the database, as it counts them', perHour: 4 },
  redisConnections: { what: 'Connections to Redis, as it counts them', perHour: 4 }
} as const

export type Measure = keyof typeof measures

export interface Sample extends Record<Measure, number> { minutes: number }

const MB = 1e6

/** What only the process itself knows. */
export interface Inside { heap: number, resources: number }

export async function take (scene: Scene, pid: number, minutes: number, { heap, resources }: Inside): Promise<Sample> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const field = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1])
  const kept = await keptByServers(scene)
  return {
    minutes,
    memory: field('VmRSS') * 1024 / MB,
    heap: heap / MB,
    resources,
    descriptors: heldBy(pid, scene).other,
    threads: field('Threads'),
    databaseConnections: kept.database,
    redisConnections: kept.redis
  }
}
