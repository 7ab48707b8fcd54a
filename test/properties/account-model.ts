import type { Role } from '../../src/accounts.ts'
import { answer, createSessionModel, DAY, GRACE_MS, REFUSED, SUCCESS, type Account, type Expected, type Token } from './session-model.ts'

const WAY_BACK_MS = 7 * DAY

interface FormerEmail { email: string, account: Account, until: number }

/**
 * What is promised of accounts, and what becomes of their sessions.
 *
 * @param now wall clock in milliseconds
 * @param names of the people
 * @param emails that they use
 */
export function createModel (now: number, names: string[], emails: string[]) {
  const clock = { now }
  const accounts: Account[] = []
  const sessions = createSessionModel(clock, accounts)
  const { isAccepted, endAll } = sessions
  let formerEmails: FormerEmail[] = []

  function isTaken (email: string, except?: Account): boolean {
    return accounts.some(account => account !== except && account.email === email) || formerEmails.some(former => former.account !== except && former.email === email && former.until > clock.now)
  }

  function replacePassword (account: Account, next: string): void {
    account.formerPassword = account.password
    account.password = next
    endAll(account)
  }

  function remove (account: Account): void {
    endAll(account)
    accounts.splice(accounts.indexOf(account), 1)
    formerEmails = formerEmails.filter(former => former.account !== account)
  }

  return {
    ...sessions,
    clock,
    names,
    emails,
    accounts,

    /** When something ends by itself, the next first. */
    ends: (): number[] => [...sessions.tokens.map(token => token.expiresAt), ...sessions.sessions.map(session => session.refreshedAt + GRACE_MS), ...formerEmails.map(({ until }) => until)].filter(end => end > clock.now).sort((a, b) => a - b),

    /** Where a reset would give an account back. */
    waysBack: (): string[] => formerEmails.filter(({ until }) => until > clock.now).map(({ email }) => email),

    /** The id is known once somebody logs in. */
    signUp (name: string, email: string, password: string): Expected {
      if (isTaken(email)) return answer(502)
      accounts.push({ id: 0, name, email, password, formerPassword: 'a wrong password', role: 'user', disabled: false })
      return SUCCESS
    },

    changePassword (token: Token, old: string, next: string): Expected {
      if (!isAccepted(token)) return REFUSED
      if (token.session.account.password !== old) return answer(501)
      replacePassword(token.session.account, next)
      token.session.live = true
      return SUCCESS
    },

    /** By a code that was mailed to the address, also to a former one. */
    reset (email: string, next: string): Expected {
      const owner = accounts.find(account => account.email === email)
      const former = formerEmails.find(former => owner === undefined && former.email === email && former.until > clock.now)
      const account = owner ?? former?.account
      if (account === undefined) return answer(503)
      if (former !== undefined) {
        account.email = email
        formerEmails = formerEmails.filter(each => each.account !== account || each.until < former.until)
      }
      replacePassword(account, next)
      return SUCCESS
    },

    changeEmail (token: Token, email: string): Expected {
      const { account } = token.session
      if (!isAccepted(token)) return REFUSED
      if (isTaken(email, account)) return answer(502)
      if (account.email === email) return SUCCESS
      formerEmails = [...formerEmails.filter(former => former.email !== email && former.email !== account.email), { email: account.email, account, until: clock.now + WAY_BACK_MS }]
      account.email = email
      return SUCCESS
    },

    deleteAccount (token: Token, password: string): Expected {
      const { account } = token.session
      if (!isAccepted(token)) return REFUSED
      if (account.password !== password) return answer(501)
      remove(account)
      return SUCCESS
    },

    /** The rest is what an administrator does. */
    change (account: Account, { Disabled = account.disabled, Role = account.role }: { Disabled?: boolean, Role?: Role }): Expected {
      if (Disabled) endAll(account)
      Object.assign(account, { disabled: Disabled, role: Role })
      return SUCCESS
    },

    revokeSessions (account: Account): Expected {
      endAll(account)
      return SUCCESS
    },

    remove (account: Account): Expected {
      remove(account)
      return SUCCESS
    }
  }
}

export type Model = ReturnType<typeof createModel>
