import type { Role } from './accounts.ts'
import { accountSubject, sessionSubject, type Feed, type Subject } from './revocations.ts'

/** Who a valid token speaks for. */
export interface Identity { id: number, role: Role, sessionId: string }

interface Entry {
  identity: Identity
  /** Wall clock, in milliseconds. */
  until: number
  /** The minute in which the session was last taken note of. */
  minute: number
}

/** Tokens that were found valid, so that they need not be checked again: never more than a bound, and only while the feed says what becomes of them. */
export interface Remembered {
  get: (authorization: string) => Identity | undefined
  /** To be called before a token is judged. What it returns keeps the judgement, unless something that speaks against it was heard meanwhile. */
  begin: () => (authorization: string, identity: Identity, until: number) => void
  /** Forgets the tokens of those sessions that are over, which have no role, or whose account has another role by now. */
  confirm: (sessionIds: string[], roles: ReadonlyMap<string, Role>) => void
  clear: () => void
  /** The sessions whose tokens were used since this was last asked. */
  takeSeen: () => string[]
  readonly size: number
}

/** Some 1.5 KB each: 30 MB. */
export const MOST_REMEMBERED = 20_000
/** What was announced a moment ago may not show yet where a cluster's replica is asked. */
const UNSETTLED_MS = 5_000
const MINUTE_MS = 60_000

/**
 * @param now wall clock in milliseconds
 * @param most how many are remembered; the oldest makes room
 */
export function createRemembered (feed: Feed, now: () => number, most = MOST_REMEMBERED): Remembered {
  const tokens = new Map<string, Entry>()
  const bySubject = new Map<Subject, Set<string>>()
  /** Of what was heard lately, when, on a clock that never goes back; in that order. */
  const heard = new Map<Subject, number>()
  let gaps = 0
  let seen = new Set<string>()

  const subjectsOf = ({ id, sessionId }: Identity): Subject[] => [sessionSubject(sessionId), accountSubject(id)]

  function forget (authorization: string): void {
    const entry = tokens.get(authorization)
    if (entry === undefined) return
    tokens.delete(authorization)
    for (const subject of subjectsOf(entry.identity)) {
      const group = bySubject.get(subject)
      group?.delete(authorization)
      if (group?.size === 0) bySubject.delete(subject)
    }
  }

  function forgetSubject (subject: Subject): void {
    for (const authorization of bySubject.get(subject) ?? []) forget(authorization)
  }

  function clear (): void {
    gaps++
    tokens.clear()
    bySubject.clear()
  }

  /** Drops what was heard long enough ago to have settled. */
  function settle (): void {
    for (const [subject, at] of heard) {
      if (at > performance.now() - UNSETTLED_MS) return
      heard.delete(subject)
    }
  }

  feed.listen({
    changed (subject) {
      settle()
      heard.delete(subject)
      heard.set(subject, performance.now())
      forgetSubject(subject)
    },
    gap: clear
  })

  return {
    get (authorization) {
      const entry = tokens.get(authorization)
      if (entry === undefined || !feed.current()) return undefined
      const time = now()
      if (entry.until <= time) {
        forget(authorization)
        return undefined
      }
      const minute = Math.floor(time / MINUTE_MS)
      if (entry.minute !== minute) {
        entry.minute = minute
        seen.add(entry.identity.sessionId)
      }
      return entry.identity
    },

    begin () {
      const before = gaps
      const trusted = feed.current()
      return (authorization, identity, until) => {
        seen.add(identity.sessionId)
        settle()
        if (!trusted || gaps !== before || subjectsOf(identity).some(subject => heard.has(subject))) return
        forget(authorization)
        const [oldest] = tokens.keys()
        if (tokens.size >= most && oldest !== undefined) forget(oldest)
        tokens.set(authorization, { identity, until, minute: Math.floor(now() / MINUTE_MS) })
        for (const subject of subjectsOf(identity)) {
          const group = bySubject.get(subject)
          if (group === undefined) bySubject.set(subject, new Set([authorization]))
          else group.add(authorization)
        }
      }
    },

    confirm (sessionIds, roles) {
      for (const id of sessionIds) {
        const tokensOf = [...bySubject.get(sessionSubject(id)) ?? []]
        if (tokensOf.some(token => tokens.get(token)?.identity.role !== roles.get(id))) forgetSubject(sessionSubject(id))
      }
    },

    clear,

    takeSeen () {
      const taken = [...seen]
      seen = new Set()
      return taken
    },

    get size () { return tokens.size }
  }
}
