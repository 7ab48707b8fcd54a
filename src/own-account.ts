import type { Account, AccountStore, Caller, Role } from './accounts.ts'
import type { Audit } from './audit.ts'
import { settling } from './budget.ts'
import { fail, Failure } from './catalogue.ts'
import type { Codes } from './codes.ts'
import type { Erase } from './erasure.ts'
import type { StoredEvent } from './events.ts'
import type { SentPassword } from './legacy-hash.ts'
import type { MailCode } from './mailed-codes.ts'
import { blockOf } from './networks.ts'
import type { Notices, StoredNotice } from './notices.ts'
import type { Passwords } from './passwords.ts'
import type { Report } from './report.ts'
import { accountSubject, type Revocations } from './revocations.ts'
import type { Screen } from './screen.ts'
import type { Throttle } from './throttle.ts'
import type { Identity } from './tokens.ts'

/** An account as it is kept, but for the password. Times are UTC. */
export interface PersonalData {
  UserID: number
  UserName: string
  Email: string
  Role: Role
  RegisterTime: string | null
  LastLogin: string | null
  AvatarUrl: string | null
  Gender: string | null
  BirthDate: string | null
  Phone: string | null
  Address: string | null
  DisabledAt: string | null
  formerEmails: Array<{ Email: string, ReservedUntil: string }>
}

/** What people's control of their own account needs from storage. Every method may fail with Code 510. */
export interface OwnAccountStore {
  /** Replaces the hash, ends every session but one and stores the notice of it, in one step. `false` where the account's version is another by now, or it is disabled. */
  changePassword: (change: { id: number, tokenVersion: number, password: string, keep: string }, notice: StoredNotice) => Promise<boolean>
  /** Replaces the address, reserves the old one and stores the notice of it, in one step. `gone` where it, or the account's version, is another by now. */
  changeEmail: (change: { id: number, tokenVersion: number, from: string, to: string, reservedUntil: number }, notice: StoredNotice) => Promise<'changed' | 'taken' | 'gone'>
  /** Whether the address belongs to another account, or is reserved for one. */
  emailTaken: (id: number, email: string, at: number) => Promise<boolean>
  personalData: (id: number) => Promise<PersonalData | undefined>
  /** Those that are still reserved. */
  formerEmails: (id: number, at: number) => Promise<string[]>
  /** Forgets former addresses whose reservation is over. */
  purgeFormerEmails: (at: number) => Promise<void>
  /** Deletes the account with its sessions, former addresses and notices, and stores the event and the notice of it, in one step. */
  remove: (id: number, event: StoredEvent, notice?: StoredNotice) => Promise<'removed' | 'gone' | 'last super administrator'>
}

/** What somebody who is logged in may do with the account. All methods may fail with Codes 401 (the account is gone), 429, 510 and 512. */
export interface OwnAccount {
  /** The data of the account. */
  show: (identity: Identity) => Promise<Omit<PersonalData, 'formerEmails'>>
  /** Replaces the password, ends every other session, voids the account's codes and tells the owner by mail. @throws Codes 400, 501, 529 */
  changePassword: (identity: Identity, change: { OldPassword: string, NewPassword: string }, caller: Caller) => Promise<void>
  /** Mails a code to the new address. @throws Codes 501, 502, 518, 529 */
  changeEmail: (identity: Identity, change: { Email: string, Password: string }, caller: Caller) => Promise<void>
  /** Replaces the address, and tells the old one, which can have the account back for `WAY_BACK_DAYS`. @throws Codes 502, 520, 521 */
  confirmEmail: (identity: Identity, change: { Email: string, VerifyCode: string }, caller: Caller) => Promise<void>
  /** Erases the account everywhere. @throws Codes 403 for the last super administrator, 501, 529 */
  remove: (identity: Identity, proof: { Password: string }, caller: Caller) => Promise<void>
}

export const WAY_BACK_DAYS = 7
const DAY_MS = 86_400_000

interface Parts {
  accounts: Pick<AccountStore, 'findById'>
  store: OwnAccountStore
  passwords: Passwords
  screen: Screen
  codes: Codes
  throttle: Throttle
  revocations: Revocations
  mailCode: MailCode
  notices: Notices
  audit: Audit
  erase: Erase
  report: Report
}

/**
 * @param options.hideAccounts ChangeEmail tells nothing about who has an account; only a valid code does
 * @param now wall clock in milliseconds
 */
export function createOwnAccount (parts: Parts, options: { hideAccounts: boolean }, now: () => number): OwnAccount {
  const { accounts, store, passwords, screen, codes, throttle, revocations, mailCode, notices, audit, erase, report } = parts

  async function ownerOf ({ id }: Identity): Promise<Account> {
    const account = await accounts.findById(id)
    if (account === undefined || account.disabled) throw fail('Unauthorized')
    return account
  }

  /** A token alone may be stolen: what cannot be undone takes the password again. */
  async function reauthenticate (account: Account, password: SentPassword, caller: Caller): Promise<void> {
    await throttle.reauthenticate(account.email, caller, async () => {
      const verdict = await passwords.verify(account.password, password, blockOf(caller.address))
      if (verdict === 'mismatch' || verdict === 'unreadable') throw fail('LoginFailed', { audit: 'wrong_password' })
    })
  }

  async function refuseTaken (id: number, email: string): Promise<void> {
    if (await store.emailTaken(id, email, now())) throw fail('UserExists', { Field: 'Email' })
  }

  return {
    async show ({ id }) {
      const found = await store.personalData(id)
      if (found === undefined || found.DisabledAt !== null) throw fail('Unauthorized')
      const { formerEmails: _reserved, ...account } = found
      return account
    },

    async changePassword (identity, { OldPassword, NewPassword }, caller) {
      const [old, password] = [passwords.read(OldPassword, 'OldPassword'), passwords.read(NewPassword, 'NewPassword')]
      const account = await ownerOf(identity)
      const { id, email, name, tokenVersion } = account
      screen(password, { email, name }, 'NewPassword')
      const notice = notices.compose('password_changed', caller.language, { to: email, at: now() }, id)
      await audit('password_change', email, caller, async note => {
        note.userId = id
        await reauthenticate(account, old, caller)
        await throttle.countChange(email)
        const hash = await passwords.hash(password)
        const changed = await revocations.around([accountSubject(id)], () => store.changePassword({ id, tokenVersion, password: hash, keep: identity.sessionId }, notice))
        // Changed by somebody else meanwhile, who has ended this session.
        if (!changed) throw fail('Unauthorized')
      })
      await settling(() => codes.revokeAll(email).catch(error => { report(error, 'codes of an account could not be revoked after its password was changed') }))
      notices.send(notice)
    },

    async changeEmail (identity, { Email, Password }, caller) {
      const password = passwords.read(Password)
      const account = await ownerOf(identity)
      await audit('email_request', account.email, caller, async note => {
        note.userId = account.id
        await reauthenticate(account, password, caller)
        await mailCode({ purpose: 'email', account: account.id, version: account.tokenVersion }, Email, caller, async () => {
          if (!options.hideAccounts) await refuseTaken(account.id, Email)
        })
      })
    },

    async confirmEmail (identity, { Email, VerifyCode }, caller) {
      const { id, email, tokenVersion } = await ownerOf(identity)
      const at = now()
      const reservedUntil = at + WAY_BACK_DAYS * DAY_MS
      // Not one of the account's: who has taken it away must not silence it by deleting the account.
      const notice = notices.compose('email_changed', caller.language, { to: email, at, newEmail: Email, until: reservedUntil }, null)
      await audit('email_change', email, caller, async note => {
        note.userId = id
        await throttle.guess(caller, async () => {
          if (!options.hideAccounts) await refuseTaken(id, Email)
          await codes.spend({ purpose: 'email', account: id, version: tokenVersion }, Email, VerifyCode, async () => {
            await refuseTaken(id, Email)
            if (Email === email) return
            const outcome = await store.changeEmail({ id, tokenVersion, from: email, to: Email, reservedUntil }, notice)
            if (outcome === 'taken') throw fail('UserExists', { Field: 'Email' })
            if (outcome === 'gone') throw fail('Unauthorized')
          })
        })
      })
      if (Email === email) return
      await throttle.rename(email, Email, caller.address)
      notices.send(notice)
    },

    async remove (identity, { Password }, caller) {
      const password = passwords.read(Password)
      const account = await ownerOf(identity)
      const notice = notices.compose('account_deleted', caller.language, { to: account.email, at: now() }, null)
      await audit('deletion', account.email, caller, async note => {
        note.userId = account.id
        await reauthenticate(account, password, caller)
        await erase(account, 'owner', { notice }).catch((error: unknown) => {
          // By another request meanwhile: nothing that the audit trail should keep of somebody who is gone.
          throw error instanceof Failure && error.key === 'UserNotFound' ? fail('Unauthorized') : error
        })
        note.stored = true
      })
      notices.send(notice)
    }
  }
}
