import { randomUUID } from 'node:crypto'
import { fail, type Language } from './catalogue.ts'
import type { Codes, Purpose } from './codes.ts'
import type { Mailer } from './mail/mail.ts'
import { codeMail } from './mail/code-mail.ts'
import type { Passwords } from './passwords.ts'
import type { Report } from './report.ts'
import { networkOf, type Throttle } from './throttle.ts'
import type { Tokens } from './tokens.ts'

export type Role = 'user' | 'super_admin'

/** What a token is checked against. */
export interface Standing { role: Role, tokenVersion: number }

export interface Account extends Standing { id: number, password: string }

/** What accounts need from storage. E-mails are canonical. Every method may fail with Code 510. */
export interface AccountStore {
  findByEmail: (email: string) => Promise<Account | undefined>
  standing: (id: number) => Promise<Standing | undefined>
  /** Which of the two an account already has, in any spelling; `Email` where both are taken. */
  taken: (email: string, name: string) => Promise<'Email' | 'Name' | undefined>
  /** One atomic step: of many at once with the same e-mail or name, one is created. */
  create: (account: { email: string, name: string, password: string, role: Role }) => Promise<'created' | 'Email' | 'Name'>
  /** Replaces the hash and revokes every token, in one step. `false` where the account is gone. */
  replacePassword: (id: number, password: string) => Promise<boolean>
  /** Replaces a hash by a better one of the same password, unless it was changed meanwhile. */
  renewHash: (id: number, from: string, to: string) => Promise<void>
  recordLogin: (id: number) => Promise<void>
}

/** Who asks: the network that is throttled and the language of the mails. */
export interface Caller { address: string, language: Language }

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
  /** Replaces the password and revokes every token. @throws Codes 400, 503, 520, 521, 529 */
  updatePassword: (update: Credentials & { VerifyCode: string }, caller: Caller) => Promise<void>
  /** Creates a super administrator unless the account exists, which is never altered. Returns whether it was created. */
  ensureSuperAdmin: (credentials: Credentials) => Promise<boolean>
}

interface Parts {
  store: AccountStore
  passwords: Passwords
  codes: Codes
  throttle: Throttle
  tokens: Tokens
  mailer: Mailer
  report: Report
}

/**
 * @param options.hideAccounts Sign and ResetPassword tell nothing about who has an account; only a valid code does
 * @param options.codeTtlSeconds what the mails say about the life of a code
 */
export function createAccounts (parts: Parts, options: { hideAccounts: boolean, codeTtlSeconds: number }): Accounts {
  const { store, passwords, codes, throttle, tokens, mailer, report } = parts

  async function mailCode (purpose: Purpose, email: string, { language }: Caller): Promise<void> {
    const code = await codes.issue(purpose, email)
    try {
      await mailer(codeMail(purpose, language, { to: email, code, ttlSeconds: options.codeTtlSeconds }))
    } catch (error) {
      await codes.withdraw(purpose, email, code).catch(failure => { report(failure, 'an undelivered code could not be withdrawn and lives on unknown to all') })
      throw fail('MailFailed', {}, error)
    }
  }

  async function refuseTaken (email: string, name: string): Promise<void> {
    const field = await store.taken(email, name)
    if (field !== undefined) throw fail('UserExists', { Field: field })
  }

  async function existing (email: string): Promise<Account> {
    const account = await store.findByEmail(email)
    if (account === undefined) throw fail('UserNotFound')
    return account
  }

  return {
    async sign ({ Name, Email, Password }, caller) {
      passwords.read(Password)
      await throttle.countMail(caller.address)
      await codes.refuseWaiting('sign', Email)
      if (!options.hideAccounts) await refuseTaken(Email, Name)
      await mailCode('sign', Email, caller)
    },

    async verify ({ Name, Email, Password, VerifyCode }, caller) {
      const password = passwords.read(Password)
      await throttle.guess(caller.address, async () => {
        if (!options.hideAccounts) await refuseTaken(Email, Name)
        await codes.spend('sign', Email, VerifyCode, async () => {
          const outcome = await store.create({ email: Email, name: Name, password: await passwords.hash(password), role: 'user' })
          if (outcome !== 'created') throw fail('UserExists', { Field: outcome })
        })
      })
    },

    async login ({ Email, Password }, caller) {
      const password = passwords.read(Password)
      return throttle.login(Email, caller.address, async () => {
        const account = await store.findByEmail(Email)
        const verdict = await passwords.verify(account?.password, password, networkOf(caller.address))
        if (account === undefined || verdict === 'mismatch') throw fail('LoginFailed')
        if (verdict === 'stale') await store.renewHash(account.id, account.password, await passwords.hash(password))
        await store.recordLogin(account.id)
        return { token: tokens.issue(account), id: account.id, role: account.role }
      })
    },

    async resetPassword ({ Email }, caller) {
      await throttle.countMail(caller.address)
      await codes.refuseWaiting('reset', Email)
      if (!options.hideAccounts) await existing(Email)
      await mailCode('reset', Email, caller)
    },

    async updatePassword ({ Email, Password, VerifyCode }, caller) {
      const password = passwords.read(Password)
      await throttle.guess(caller.address, async () => {
        if (!options.hideAccounts) await existing(Email)
        await codes.spend('reset', Email, VerifyCode, async () => {
          const { id } = await existing(Email)
          if (!await store.replacePassword(id, await passwords.hash(password))) throw fail('UserNotFound')
        })
      })
      await throttle.forgive(Email, caller.address)
    },

    async ensureSuperAdmin ({ Email, Password }) {
      const password = passwords.read(Password)
      if (await store.findByEmail(Email) !== undefined) return false
      const hash = await passwords.hash(password)
      // The local part makes the name, unless somebody has that already.
      for (const name of [Email.split('@')[0] ?? Email, `admin-${randomUUID()}`]) {
        const outcome = await store.create({ email: Email, name: name.slice(0, 50), password: hash, role: 'super_admin' })
        if (outcome === 'created') return true
        if (outcome === 'Email') return false
      }
      throw new Error('no name is free for the super administrator')
    }
  }
}
