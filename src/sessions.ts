import { randomUUID } from 'node:crypto'
import type { Account, Caller, Role } from './accounts.ts'
import { fail } from './catalogue.ts'
import { printable } from './events.ts'
import { networkOf } from './networks.ts'
import { accountSubject, sessionSubject, type Revocations } from './revocations.ts'
import { masked } from './secrets.ts'

/** A session as the check of its tokens needs it. Times are wall clock in milliseconds. */
export interface SessionStanding {
  userId: number
  role: Role
  /** By itself, or with all others of its account. */
  revoked: boolean
  disabled: boolean
  /** How often it was refreshed, and when last. */
  generation: number
  refreshedAt: number
  createdAt: number
  expiresAt: number
}

/** A session as its owner sees it. Times are UTC, `YYYY-MM-DD HH:MM:SS`. */
export interface ListedSession { id: string, createdAt: string, lastSeenAt: string, expiresAt: string, network: string, userAgent: string, /** Before its time; known in a list of all. */ ended?: boolean }

interface NewSession { id: string, userId: number, tokenVersion: number, at: number, expiresAt: number, network: string, userAgent: string }

/** What sessions need from storage. Times are wall clock in milliseconds. Every method may fail with Code 510. */
export interface SessionStore {
  /** `false` where the account is gone: whatever happens at the same time, no session outlives its account. */
  insert: (session: NewSession) => Promise<boolean>
  standing: (id: string) => Promise<SessionStanding | undefined>
  /** Raises the generation by one. `false` where it is not `from` any more, or the session was revoked. */
  refresh: (id: string, from: number, times: { at: number, expiresAt: number }) => Promise<boolean>
  /** The live sessions of an account, those used last first. */
  list: (userId: number, at: number, limit: number) => Promise<ListedSession[]>
  /** Live sessions beyond the `kept` that were begun last, the latest of these first, `limit` at most. */
  surplus: (userId: number, at: number, kept: number, limit: number) => Promise<string[]>
  /** All that are kept, the newest first: those that have ended too. */
  all: (userId: number) => Promise<ListedSession[]>
  /** `false` where the account has no such live session. */
  revoke: (userId: number, id: string, at: number) => Promise<boolean>
  /** Ends all sessions of an account in one step. `false` where there is no such account. */
  revokeAll: (userId: number) => Promise<boolean>
  /** Takes note of when sessions were used. */
  seen: (ids: string[], at: number) => Promise<void>
  /** Which of the sessions are live, each with the role of its account. */
  live: (ids: string[], at: number) => Promise<Map<string, Role>>
  /** Deletes sessions that were over before a time, some `limit` at most. Returns how many it found. */
  purge: (before: number, limit: number) => Promise<number>
}

/** What a token is made of, beside what the service says in every one. */
export interface Grant { userId: number, sessionId: string, generation: number, /** Milliseconds. */ at: number, expiresAt: number }

/** Logins and what becomes of them. All methods may fail with Code 510. */
export interface Sessions {
  /** A new session of somebody who has just proved who they are; of more than `MOST_SESSIONS` the oldest ends. @throws Code 501 where the account is gone by now */
  open: (account: Pick<Account, 'id' | 'tokenVersion'>, caller: Caller) => Promise<Grant>
  /**
   * A new token in place of an older one of the session, which is good for `GRACE_MS` more. Within that time it gives another
   * token of the same generation: the answer may have been lost.
   *
   * @returns `replayed` for a token that was replaced longer ago. The session has ended then, for the thief and for the owner.
   * @param userId whose session the token says it is
   * @throws Code 401 where the session is over, or another's
   */
  refresh: (id: string, userId: number, generation: number) => Promise<Grant | 'replayed'>
  /** Those used last first. */
  list: (userId: number) => Promise<ListedSession[]>
  /** Ends one session of the account. `false` where it has no such live one. */
  revoke: (userId: number, id: string) => Promise<boolean>
  /** Ends them all. `false` where there is no such account. */
  revokeAll: (userId: number) => Promise<boolean>
}

/** How long a token that was refreshed is still accepted: requests under way, and answers that were lost. */
export const GRACE_MS = 30_000
/** Live sessions of an account: with one more, the oldest ends. */
export const MOST_SESSIONS = 100
/** Surplus that one login ends: there is more than one only where several come at once. */
const SURPLUS = 10
const LONGEST_USER_AGENT = 200

interface Lifetimes {
  /** Of a token, in milliseconds. */
  tokenMs: number
  /** Of a session, however often it is refreshed, in milliseconds. */
  sessionMs: number
}

/** @param now wall clock in milliseconds */
export function createSessions (store: SessionStore, revocations: Revocations, { tokenMs, sessionMs }: Lifetimes, now: () => number): Sessions {
  /** Stored in whole seconds, as the times of a token are. */
  const wholeSeconds = (ms: number): number => Math.floor(ms / 1000) * 1000

  return {
    async open ({ id: userId, tokenVersion }, { address, userAgent }) {
      const at = now()
      const session = { id: randomUUID(), userId, tokenVersion, at, expiresAt: wholeSeconds(at + tokenMs), network: networkOf(address), userAgent: masked(printable(userAgent, LONGEST_USER_AGENT)) }
      if (!await store.insert(session)) throw fail('LoginFailed', { audit: 'unknown_account' })
      const surplus = await store.surplus(userId, at, MOST_SESSIONS, SURPLUS)
      for (const oldest of surplus.filter(id => id !== session.id)) await revocations.around([sessionSubject(oldest)], () => store.revoke(userId, oldest, at))
      return { userId, sessionId: session.id, generation: 0, at, expiresAt: session.expiresAt }
    },

    async refresh (id, userId, generation) {
      const at = now()
      const session = await store.standing(id)
      if (session === undefined || session.userId !== userId || session.revoked || session.disabled || session.expiresAt <= at) throw fail('Unauthorized')
      if (generation === session.generation) {
        const expiresAt = wholeSeconds(Math.min(at + tokenMs, session.createdAt + sessionMs))
        // Tokens of the generation before the last end at once, and those of the last in a while: no process may remember either for longer.
        const first = await revocations.around([sessionSubject(id)], () => store.refresh(id, generation, { at, expiresAt }))
        if (first) return { userId, sessionId: id, generation: generation + 1, at, expiresAt }
      }
      const current = await store.standing(id)
      if (current === undefined || current.revoked) throw fail('Unauthorized')
      if (generation === current.generation - 1 && at < current.refreshedAt + GRACE_MS) return { userId, sessionId: id, generation: current.generation, at, expiresAt: current.expiresAt }
      // Never issued.
      if (generation > current.generation) throw fail('Unauthorized')
      // Not refreshed and yet as it was: a replica that is behind was asked, and that is no theft.
      if (generation === current.generation) throw fail('DatabaseUnavailable')
      await revocations.around([sessionSubject(id)], () => store.revoke(userId, id, at))
      return 'replayed'
    },

    list: userId => store.list(userId, now(), MOST_SESSIONS),

    revoke: (userId, id) => revocations.around([sessionSubject(id)], () => store.revoke(userId, id, now())),

    revokeAll: userId => revocations.around([accountSubject(userId)], () => store.revokeAll(userId))
  }
}
