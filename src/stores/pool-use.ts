import type { Pool } from 'mysql2'

/** The connections of a pool, and how many statements wait for one. */
export interface PoolUse { inUse: number, idle: number, waiting: number, limit: number }

/** mysql2 tells nobody of a connection that is destroyed, so its own lists are looked at. */
export function poolUse (pool: Pool, limit: number): PoolUse {
  const idle = lengthOf(pool, '_freeConnections')
  return { inUse: lengthOf(pool, '_allConnections') - idle, idle, waiting: lengthOf(pool, '_connectionQueue'), limit }
}

function lengthOf (pool: Pool, list: string): number {
  return Number(Object(Reflect.get(pool, list)).length)
}
