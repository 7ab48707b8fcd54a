import type { Fault } from './faults.ts'
import type { Dependency } from './scene.ts'

/** The Code of each route while a dependency is lost, where it differs from that of every day, which is 200. */
const codes = {
  Login: { database: 510, redis: 512 },
  Sign: { database: 510, redis: 512, mail: 518 },
  Verify: { database: 510, redis: 512 },
  ResetPassword: { database: 510, redis: 512, mail: 518 },
  UpdatePassword: { database: 510, redis: 512 },
  'CheckJWTToken, remembered': {},
  'CheckJWTToken, new': { database: 510 },
  Refresh: { database: 510 },
  Logout: { database: 510 },
  Sessions: { database: 510 },
  Account: { database: 510 },
  ChangePassword: { database: 510, redis: 512 },
  'Admin/Users': { database: 510 },
  health: { database: 510, redis: 512 },
  'health/live': {}
} as const satisfies Record<string, Partial<Record<Dependency, number>>>

export type Route = keyof typeof codes

export const routes = Object.keys(codes) as Route[]

const SPENDS_A_CODE: Route[] = ['Verify', 'UpdatePassword']

/** When a request was sent: while the fault began, right after that, half a second later, or after its end. */
export type Phase = 'meanwhile' | 'first' | 'second' | 'after'

/** The Codes that keep the promise. */
export function allowed (route: Route, { dependency, partial, forgets }: Fault, phase: Phase): number[] {
  if (phase === 'after') return [200]
  const lost: Partial<Record<Dependency, number>> = codes[route]
  const code = lost[dependency] ?? 200
  const voided = dependency === 'redis' && forgets === true && SPENDS_A_CODE.includes(route) ? [521] : []
  // Health is shared for a moment by all who ask.
  const lenient = partial === true || phase === 'meanwhile' || (phase === 'first' && route === 'health')
  return [...new Set([code, ...(lenient ? [200] : []), ...voided])]
}

/** The contract's bound for whatever fails but the mail server. */
const ANSWER_MS = 2_000
/** A mail is waited for so long, as real servers greet late; what is left is for the answer itself. */
const MAIL_MS = 8_500

export function boundOf (route: Route, { dependency }: Fault): number {
  return dependency === 'mail' && (route === 'Sign' || route === 'ResetPassword') ? MAIL_MS : ANSWER_MS
}

export const RECOVERY_MS = 2_000
