import { randomUUID } from 'node:crypto'
import type { Audit, Note } from './audit.ts'
import { settling } from './budget.ts'
import { fail, Failure, type Language } from './catalogue.ts'
import type { Codes } from './codes.ts'
import type { SentPassword } from './legacy-hash.ts'
import { FAMILIAR_SECONDS } from './limits.ts'
import type { MailCode } from './mailed-codes.ts'
import { blockOf, networkOf } from './networks.ts'
import type { Notices, StoredNotice } from './notices.ts'
import type { Passwords, Verdict } from './passwords.ts'
import type { Report } from './report.ts'
import { accountSubject, type Revocations } from './revocations.ts'
import type { Screen } from './screen.ts'
import type { Sessions } from './sessions.ts'
import type { Arrival, Asker, Throttle } from './throttle.ts'
import type { Tokens } from './tokens.ts'

export type Role = 'user' | 'super_admin'

export interface Account {
  id: number
  name: string
  /** Canonical. */
  email: string
  password: string
  role: Role
  /** Raised by whatever ends every session of the account; a session of another version is over. */
  tokenVersion: number
  disabled: boolean
  /** Wall clock in milliseconds; `undefined` where nobody ever did. */
  lastLogin: number | undefined
}

/** What accounts need from storage. E-mails are canonical. Every method may fail with Code 510. */
export interface AccountStore {
  findByEmail: (email: string) => Promise<Account | undefined>
  findById: (id: number) => Promise<Account | undefined>
  /** The account that had the address until a while ago and can still be given back to it. */
  findByFormerEmail: (email: string) => Promise<Account | undefined>
  /** Which of the two an account already has, in any spelling, or a former one has reserved; `Email` where both are taken. */
  taken: (email: string, name: string) => Promise<'Email' | 'Name' | undefined>
  /** One atomic step: of many at once with the same e-mail or name, one is created. */
  create: (account: { email: string, name: string, password: string, role: Role }) => Promise<'created' | 'Email' | 'Name'>
  /** Replaces the hash, ends every session and stores the notice of it, in one step. `false` where the account is gone. */
  replacePassword: (id: number, password: string, notice: StoredNotice) => Promise<boolean>
  /** Likewise, and gives the account back to a former address; those that came after are forgotten. `false` also where the address is another's by now. */
  restoreEmail: (id: number, email: string, password: string, notices: StoredNotice[]) => Promise<boolean>
  /** Replaces a hash by another of the same password. `false`, and nothing is done, where it was changed meanwhile. */
  renewHash: (id: number, from: string, to: string) => Promise<boolean>
  recordLogin: (id: number) => Promise<void>
}

/** Who asks: the address that is throttled and the work shown for it, the language of the mails, and what the audit trail is told besides. */
export interface Caller extends Asker { language: Language, requestId: string, userAgent: string }

interface Credentials { Email: string, Password: string }
interface Registration extends Credentials { Name: string }

/** The rules of sign-up, login and reset. All methods may fail with Codes 429, 510 and 512. */
export interface Accounts {
  /** Mails a registration code. @throws Codes 400, 502, 518 */
  sign: (registration: Registration, caller: Caller) => Promise<void>
  /** Creates the account as the bearer of the code describes it. @throws Codes 400, 502, 520, 521, 529 */
  verify: (registration: Registration & { VerifyCode: string }, caller: Caller) => Promise<void>
  /** @throws Codes 400, 501, 529 */
  login: (credentials: Credentials, caller: Caller) => Promise<{ token: string, id: number, role: Role }>
  /** Mails a reset code. @throws Codes 503, 518 */
  resetPassword: (request: { Email: string }, caller: Caller) => Promise<void>
  /** Replaces the password, revokes every token and code, and tells the owner by mail. @throws Codes 400, 503, 520, 521, 529 */
  updatePassword: (update: Credentials & { VerifyCode: string }, caller: Caller) => Promise<void>
  /** Creates a super administrator unless the account exists, which is never altered. Returns whether it was created. */
  ensureSuperAdmin: (credentials: Credentials) => Promise<boolean>
}

interface Parts {
  store: AccountStore
  passwords: Passwords
  screen: Screen
  codes: Codes
  throttle: Throttle
  sessions: Sessions
  revocations: Revocations
  tokens: Tokens
  mailCode: MailCode
  notices: Notices
  audit: Audit
  report: Report
}

/** What the audit trail calls a login that failed. */
const LOGIN_FAILURES: Record<Extract<Verdict, 'mismatch' | 'unreadable'>, string> = { mismatch: 'wrong_password', unreadable: 'unreadable_hash' }

/**
 * @param options.hideAccounts Sign and ResetPassword tell nothing about who has an account; only a valid code does
 * @param options.notifyNewNetwork the owner is told by mail of a login from a network that the account does not know
 * @param now wall clock in milliseconds
 */
export function createAccounts (parts: Parts, options: { hideAccounts: boolean, notifyNewNetwork: boolean }, now: () => number): Accounts {
  const { store, passwords, screen, codes, throttle, sessions, revocations, tokens, mailCode, notices, audit, report } = parts

  async function refuseTaken (email: string, name: string): Promise<void> {
    const field = await store.taken(email, name)
    if (field !== undefined) throw fail('UserExists', { Field: field })
  }

  /** Who may be given a new password by a code to the address: also an account that was taken away from it a while ago. */
  async function existing (email: string): Promise<Account> {
    const account = await store.findByEmail(email) ?? await store.findByFormerEmail(email)
    if (account === undefined) throw fail('UserNotFound')
    return account
  }

  async function refuseUnknown (email: string, note: Note): Promise<void> {
    if (!options.hideAccounts) note.userId = (await existing(email)).id
  }

  /** Whether the owner may not know of a login. Where no network is known, it is the first one, or the first in a long time; or the cache service has lost them. */
  function isNews (arrival: Arrival, { lastLogin }: Account): boolean {
    return arrival === 'strange' || (arrival === 'first' && lastLogin !== undefined && now() - lastLogin > FAMILIAR_SECONDS * 1000)
  }

  /** Stores a password anew that was just proved. The login does not fail for it: there is another one to come. */
  async function renew ({ id, password: from }: Account, password: SentPassword): Promise<boolean> {
    try {
      return await store.renewHash(id, from, await passwords.hash(password))
    } catch (error) {
      if (error instanceof Failure && error.key === 'Busy') return false
      throw error
    }
  }

  return {
    async sign ({ Name, Email, Password }, caller) {
      screen(passwords.read(Password), { email: Email, name: Name })
      await audit('sign', Email, caller, () => mailCode('sign', Email, caller, async () => { if (!options.hideAccounts) await refuseTaken(Email, Name) }))
    },

    async verify ({ Name, Email, Password, VerifyCode }, caller) {
      const password = passwords.read(Password)
      screen(password, { email: Email, name: Name })
      await audit('verify', Email, caller, note => throttle.guess(caller, async () => {
        if (!options.hideAccounts) await refuseTaken(Email, Name)
        await codes.spend('sign', Email, VerifyCode, async () => {
          // No index keeps the address that an account has left: whatever HIDE_ACCOUNTS says, it is asked for here.
          await refuseTaken(Email, Name)
          const outcome = await store.create({ email: Email, name: Name, password: await passwords.hash(password), role: 'user' })
          if (outcome !== 'created') throw fail('UserExists', { Field: outcome })
        })
        // For the trail alone: the account is there, whatever comes of this.
        note.userId = (await store.findByEmail(Email).catch(() => undefined))?.id
      }))
    },

    async login ({ Email, Password }, caller) {
      const password = passwords.read(Password)
      return audit('login', Email, caller, note => throttle.login(Email, caller, async arrival => {
        const account = await store.findByEmail(Email)
        note.userId = account?.id
        const verdict = await passwords.verify(account?.password, password, blockOf(caller.address))
        if (account === undefined) throw fail('LoginFailed', { audit: 'unknown_account' })
        if (verdict === 'mismatch' || verdict === 'unreadable') throw fail('LoginFailed', { audit: LOGIN_FAILURES[verdict] })
        if (account.disabled) throw fail('LoginFailed', { audit: 'disabled' })
        if (verdict !== 'match' && await renew(account, password) && verdict === 'legacy') note.also('adoption', 'login')
        await store.recordLogin(account.id)
        const grant = await sessions.open(account, caller)
        if (options.notifyNewNetwork && isNews(arrival, account) && await throttle.countNews(Email)) notices.tell('new_network', caller.language, { to: Email, at: now(), network: networkOf(caller.address) }, account.id)
        return { token: tokens.issue(grant), id: account.id, role: account.role }
      }))
    },

    async resetPassword ({ Email }, caller) {
      await audit('reset', Email, caller, note => mailCode('reset', Email, caller, () => refuseUnknown(Email, note)))
    },

    async updatePassword ({ Email, Password, VerifyCode }, caller) {
      const password = passwords.read(Password)
      const common = screen(password, { email: Email })
      let left = Email
      const stored: StoredNotice[] = []
      await audit('password_change', Email, caller, async note => {
        await throttle.guess(caller, async () => {
          await refuseUnknown(Email, note)
          await codes.spend('reset', Email, VerifyCode, async () => {
            const { id, name, email } = await existing(Email)
            note.userId = id
            if (!common) screen(password, { email: Email, name })
            const hash = await passwords.hash(password)
            const at = now()
            const changed = notices.compose('password_changed', caller.language, { to: Email, at }, id)
            // Not one of the account's: it outlives it.
            const restored = email === Email ? [] : [notices.compose('email_restored', caller.language, { to: email, at }, null)]
            const replaced = await revocations.around([accountSubject(id)], () => email === Email ? store.replacePassword(id, hash, changed) : store.restoreEmail(id, Email, hash, [changed, ...restored]))
            if (!replaced) throw fail('UserNotFound')
            stored.push(changed, ...restored)
            left = email
            if (left !== Email) note.also('email_change', 'restored')
          })
        })
      })
      // The password is changed: what is left must not make the answer say otherwise.
      await Promise.all([
        settling(() => codes.revokeAll(Email).catch(error => { report(error, 'codes of an account could not be revoked after its password was changed') })),
        left === Email ? throttle.forgive(Email, caller.address) : throttle.rename(left, Email, caller.address)
      ])
      stored.forEach(notices.send)
    },

    async ensureSuperAdmin ({ Email, Password }) {
      const password = passwords.read(Password)
      if (await store.findByEmail(Email) !== undefined) return false
      const hash = await passwords.hash(password)
      // The local part makes the name, unless somebody has that already.
      for (const name of [Email.split('@')[0] ?? Email, `admin-${randomUUID()}`]) {
        const outcome = await store.create({ email: Email, name: name.slice(0, 50), password: hash, role: 'super_admin' })
        if (outcome === 'created') {
          audit.record('role_change', Email, 'super_admin')
          return true
        }
        if (outcome === 'Email') return false
      }
      throw new Error('no name is free for the super administrator')
    }
  }
}
