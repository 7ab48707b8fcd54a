import type { Role } from '../../src/accounts.ts'

export const DAY = 86_400_000
export const TOKEN_MS = 5 * DAY
/** So little longer that a refresh soon meets it. */
export const SESSION_MS = TOKEN_MS + 25_000
export const GRACE_MS = 30_000

export interface Account { id: number, name: string, email: string, password: string, formerPassword: string, role: Role, disabled: boolean }
export interface Session { account: Account, live: boolean, generation: number, refreshedAt: number, createdAt: number, expiresAt: number }
/** A token that was issued. Its text is known once it was answered. */
export interface Token { number: number, text: string, session: Session, generation: number, expiresAt: number }
/** What an answer should be. */
export interface Expected { status: number, code: number, issued?: Token }

export const answer = (code: number, issued?: Token): Expected => ({ status: code === 401 ? 401 : 200, code, ...(issued && { issued }) })
export const REFUSED = answer(401)
export const SUCCESS = answer(200)
const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

/**
 * What is promised of sessions and their tokens, without any of the means.
 *
 * @param clock wall clock in milliseconds
 */
export function createSessionModel (clock: { now: number }, accounts: Account[]) {
  const sessions: Session[] = []
  const tokens: Token[] = []

  const isLive = ({ live, expiresAt }: Session): boolean => live && clock.now < expiresAt

  function isAccepted ({ session, generation, expiresAt }: Token): boolean {
    if (!isLive(session) || clock.now >= expiresAt) return false
    return generation === session.generation || (generation === session.generation - 1 && clock.now < session.refreshedAt + GRACE_MS)
  }

  function issue (session: Session): Token {
    const token = { number: tokens.length, text: '', session, generation: session.generation, expiresAt: session.expiresAt }
    tokens.push(token)
    return token
  }

  function endAll (account: Account): void {
    for (const session of sessions) if (session.account === account) session.live = false
  }

  return {
    sessions,
    tokens,
    isLive,
    isAccepted,
    endAll,

    login (email: string, password: string): Expected {
      const account = accounts.find(account => account.email === email)
      if (account === undefined || account.password !== password || account.disabled) return answer(501)
      const session = { account, live: true, generation: 0, refreshedAt: 0, createdAt: wholeSeconds(clock.now), expiresAt: wholeSeconds(clock.now + TOKEN_MS) }
      sessions.push(session)
      return answer(account.role === 'super_admin' ? 202 : 200, issue(session))
    },

    refresh ({ session, generation, expiresAt }: Token): Expected {
      if (clock.now >= expiresAt || !isLive(session)) return REFUSED
      if (generation === session.generation) {
        session.generation++
        session.refreshedAt = clock.now
        session.expiresAt = wholeSeconds(Math.min(clock.now + TOKEN_MS, session.createdAt + SESSION_MS))
      } else if (generation < session.generation - 1 || clock.now >= session.refreshedAt + GRACE_MS) {
        session.live = false
        return REFUSED
      }
      return answer(200, issue(session))
    },

    logout (token: Token, all: boolean): Expected {
      if (!isAccepted(token)) return REFUSED
      if (all) endAll(token.session.account)
      token.session.live = false
      return SUCCESS
    },

    endSession (token: Token, session: Session): Expected {
      if (!isAccepted(token)) return REFUSED
      if (!isLive(session) || session.account !== token.session.account) return answer(201)
      session.live = false
      return SUCCESS
    }
  }
}
