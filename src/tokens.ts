import { randomUUID } from 'node:crypto'
import { fail } from './catalogue.ts'
import type { Signer } from './keys/signer.ts'
import type { Identity, Remembered } from './remembered.ts'
import { GRACE_MS, type Grant, type SessionStanding } from './sessions.ts'

export type { Identity } from './remembered.ts'

/** The claims beside `iss` and `aud`, which the signer adds and checks. None says anything about the person. */
export interface Claims {
  /** UserID as a string (RFC 7519). */
  sub: string
  /** The session. */
  sid: string
  /** How often the session was refreshed until then. */
  gen: number
  jti: string
  /** Seconds. */
  iat: number
  exp: number
}

export interface Tokens {
  issue: (grant: Grant) => string
  /** Who a token speaks for that is remembered, without asking anybody, where the header is spelt as usual. `undefined` says nothing about the token. */
  known: (authorization: string | undefined) => Identity | undefined
  /**
   * @param authorization the `Authorization` header (RFC 6750, section 2.1)
   * @throws Code 401 for no token or one that is malformed, expired, revoked or wrongly signed; 510
   */
  check: (authorization: string | undefined) => Promise<Identity>
  /** The session and the generation that a token was issued for, whether or not it is still accepted. @throws Code 401 where it was not ours, or has expired */
  read: (authorization: string | undefined) => Claims
  /** How checks were answered since the start, and how many tokens are remembered now. */
  readonly use: TokenUse
}

export interface TokenUse { readonly memory: number, readonly store: number, readonly remembered: number }

const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i
const USER_ID = /^[1-9][0-9]{0,15}$/
const SESSION_ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const LONGEST_TOKEN = 2048
/** Sessions known to be revoked, which none ever ceases to be. */
const MOST_ENDED = 10_000

interface Parts {
  signer: Pick<Signer, 'sign' | 'verify'>
  remembered: Remembered
  standing: (sessionId: string) => Promise<SessionStanding | undefined>
}

/**
 * @param parts.standing looks a session up; `undefined` where there is none
 * @param now wall clock in milliseconds
 */
export function createTokens ({ signer, remembered, standing }: Parts, now: () => number): Tokens {
  const ended = new Set<string>()
  let memory = 0
  let store = 0

  function recall (authorization: string): Identity | undefined {
    const identity = remembered.get(authorization)
    if (identity !== undefined) memory++
    return identity
  }

  function tokenIn (authorization: string | undefined): string {
    const [, token] = authorization === undefined || authorization.length > LONGEST_TOKEN ? [] : BEARER.exec(authorization) ?? []
    if (token === undefined) throw fail('Unauthorized')
    return token
  }

  function claimsOf (token: string): Claims {
    try {
      const claims = signer.verify(token)
      if (isClaims(claims) && claims.exp * 1000 > now()) return claims
    } catch (error) {
      throw fail('Unauthorized', {}, error)
    }
    throw fail('Unauthorized')
  }

  function end (sessionId: string): void {
    const [oldest] = ended
    if (ended.size >= MOST_ENDED && oldest !== undefined) ended.delete(oldest)
    ended.add(sessionId)
  }

  /** Until when the token counts, in milliseconds; 0 for not at all. */
  function endOf ({ sub, gen, exp }: Claims, { userId, revoked, disabled, generation, refreshedAt, expiresAt }: SessionStanding): number {
    if (String(userId) !== sub || revoked || disabled) return 0
    const until = Math.min(exp * 1000, expiresAt)
    if (gen === generation) return until
    return gen === generation - 1 ? Math.min(until, refreshedAt + GRACE_MS) : 0
  }

  return {
    issue: ({ userId, sessionId, generation, at, expiresAt }) => signer.sign({ sub: String(userId), sid: sessionId, gen: generation, jti: randomUUID(), iat: Math.floor(at / 1000), exp: Math.floor(expiresAt / 1000) }),

    known: authorization => authorization === undefined ? undefined : recall(authorization),

    read: authorization => claimsOf(tokenIn(authorization)),

    use: {
      get memory () { return memory },
      get store () { return store },
      get remembered () { return remembered.size }
    },

    async check (authorization) {
      const token = tokenIn(authorization)
      // In one spelling, or one token would fill the memory in many.
      const header = `Bearer ${token}`
      const known = recall(header)
      if (known !== undefined) return known
      const claims = claimsOf(token)
      if (ended.has(claims.sid)) throw fail('Unauthorized')
      const keep = remembered.begin()
      store++
      const session = await standing(claims.sid)
      if (session === undefined) throw fail('Unauthorized')
      if (session.revoked) end(claims.sid)
      const until = endOf(claims, session)
      if (until <= now()) throw fail('Unauthorized')
      const identity = { id: session.userId, role: session.role, sessionId: claims.sid }
      keep(header, identity, until)
      return identity
    }
  }
}

function isClaims (value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false
  const { sub, sid, gen, jti, iat, exp } = Object(value)
  return typeof sub === 'string' && USER_ID.test(sub) && typeof sid === 'string' && SESSION_ID.test(sid) && typeof jti === 'string' && jti !== '' &&
    [gen, iat, exp].every(number => Number.isSafeInteger(number) && number >= 0)
}
