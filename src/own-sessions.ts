import type { Account, AccountStore, Caller } from './accounts.ts'
import type { Audit } from './audit.ts'
import { fail } from './catalogue.ts'
import type { ListedSession, Sessions } from './sessions.ts'
import type { Identity, Tokens } from './tokens.ts'

/** What people do with their own logins. All methods may fail with Codes 401 and 510. */
export interface OwnSessions {
  /**
   * A new token for an older one.
   *
   * @param authorization the `Authorization` header
   * @throws Code 401 also for a token that was replaced a while ago: somebody has a copy, so the session ends
   */
  refresh: (authorization: string | undefined, caller: Caller) => Promise<{ token: string, id: number }>
  /** Ends the session of the token, or every session of the account. */
  logout: (identity: Identity, all: boolean, caller: Caller) => Promise<void>
  list: (identity: Identity) => Promise<ListedSession[]>
  /** `false` where the account has no such live session. */
  revoke: (identity: Identity, sessionId: string, caller: Caller) => Promise<boolean>
}

interface Parts { accounts: Pick<AccountStore, 'findById'>, sessions: Sessions, tokens: Tokens, audit: Audit }

export function createOwnSessions ({ accounts, sessions, tokens, audit }: Parts): OwnSessions {
  async function ownerOf (id: number): Promise<Account> {
    const account = await accounts.findById(id)
    if (account === undefined) throw fail('Unauthorized')
    return account
  }

  return {
    async refresh (authorization, caller) {
      const { sid, gen, sub } = tokens.read(authorization)
      const grant = await sessions.refresh(sid, Number(sub), gen)
      if (grant !== 'replayed') return { token: tokens.issue(grant), id: grant.userId }
      const { id, email } = await ownerOf(Number(sub))
      audit.note({ type: 'refresh', outcome: 'failure', reason: 'replayed', email, userId: id }, caller)
      throw fail('Unauthorized')
    },

    async logout ({ id, sessionId }, all, caller) {
      const { email } = await ownerOf(id)
      await audit('logout', email, caller, async note => {
        note.userId = id
        if (all) note.reason = 'all'
        await (all ? sessions.revokeAll(id) : sessions.revoke(id, sessionId))
      })
    },

    list: ({ id }) => sessions.list(id),

    async revoke ({ id }, sessionId, caller) {
      const { email } = await ownerOf(id)
      const revoked = await sessions.revoke(id, sessionId)
      if (revoked) audit.note({ type: 'session_revoke', outcome: 'success', reason: 'owner', email, userId: id }, caller)
      return revoked
    }
  }
}
