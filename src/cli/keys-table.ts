import type { KeySet } from '../keys/key-set.ts'

/** A key as it may be shown: nothing in it is secret. Times are seconds since 1970. */
export interface ShownKey { kid: string, alg: string, state: string, created?: number, from?: number, until?: number, secret?: 'JWT_SECRET_KEY' }

const ORDER = ['next', 'current', 'previous']

/** The keys of a deployment: those of the file, and the secrets that signed before there was one. */
export function shownKeys ({ keys, previousSecrets }: KeySet): ShownKey[] {
  return [
    ...keys.map(({ members: _secret, ...shown }) => shown).sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state)),
    ...previousSecrets.map(({ kid, until }) => ({ kid, alg: 'HS256', state: 'previous', until, secret: 'JWT_SECRET_KEY' as const }))
  ]
}

const time = (seconds: number | undefined): string => seconds === undefined ? '' : `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`

function remark ({ state, created, from, until, secret }: ShownKey, now: number): string {
  const whose = secret === undefined ? '' : ` (${secret})`
  if (until !== undefined) return `accepted until ${time(until)}${whose}`
  if (state === 'next') return `known since ${time(created)}, signs after the next rotation`
  if (from === undefined) return `signs${whose}`
  return `${from > now ? 'signs from' : 'signs since'} ${time(from)}${whose}`
}

/** A table for people. */
export function keysTable (keys: ShownKey[], now: number): string {
  const rows = [['KID', 'ALG', 'STATE', ''], ...keys.map(key => [key.kid, key.alg, key.state, remark(key, now)])]
  const widths = [0, 1, 2].map(column => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ').trimEnd()).join('\n')
}
