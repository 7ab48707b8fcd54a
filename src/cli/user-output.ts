import type { AccountPage, AdministeredAccount } from '../administration.ts'
import { printable } from '../events.ts'
import type { ListedSession } from '../sessions.ts'
import { sessionOf } from '../../routes/auth/session.ts'
import { userOf } from '../../routes/admin/user.ts'

/** Names and user agents are other people's to choose: nothing in them may steer the terminal. */
const LONGEST = 200

const lines = (...each: string[]): string => each.map(line => `${line}\n`).join('')
const json = (value: unknown): string => lines(JSON.stringify(value, undefined, 2))
const standing = ({ disabledAt }: AdministeredAccount): string => disabledAt === null ? 'enabled' : `disabled since ${disabledAt}`

/** Columns as wide as what is in them; the last may be of any characters. */
function table (rows: string[][]): string {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0))) ?? []
  return lines(...rows.map(row => row.map((cell, i) => i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)).join('  ')))
}

export const named = ({ id, email }: AdministeredAccount): string => `${id} (${printable(email, LONGEST)})`

/** What was done to an account, in a sentence, or the account as JSON. */
export function changed (account: AdministeredAccount, sentence: string, asJson: boolean): string {
  return asJson ? json({ User: userOf(account) }) : lines(sentence)
}

export function deleted (account: AdministeredAccount, asJson: boolean): string {
  return asJson ? json({ UserID: account.id, Deleted: true }) : lines(`Account ${named(account)} is deleted.`)
}

/** @param password one that was made for it */
export function created (account: AdministeredAccount, password: string | undefined, asJson: boolean): string {
  if (asJson) return json({ User: userOf(account), ...(password !== undefined && { Password: password }) })
  return lines(`Account ${named(account)} is made${account.role === 'super_admin' ? ', a super administrator' : ''}.`, ...password === undefined ? [] : [`Its password, shown this once: ${password}`])
}

export function shown (account: AdministeredAccount, sessions: ListedSession[], asJson: boolean): string {
  if (asJson) return json({ User: userOf(account), Sessions: sessions.map(sessionOf) })
  const facts = [
    ['UserID', String(account.id)], ['E-mail', printable(account.email, LONGEST)], ['Name', printable(account.name, LONGEST)], ['Role', account.role], ['Standing', standing(account)],
    ['Registered', account.registeredAt ?? 'unknown'], ['Last login', account.lastLogin ?? 'never']
  ]
  const rows = sessions.map(({ createdAt, lastSeenAt, expiresAt, network, userAgent }) => [createdAt, lastSeenAt, expiresAt, network, printable(userAgent, LONGEST)])
  return `${table(facts)}\n${sessions.length === 0 ? lines('No sessions.') : table([['Session began', 'Last seen', 'Ends', 'Network', 'With'], ...rows])}`
}

export function listed ({ accounts, next, incomplete }: AccountPage, asJson: boolean): string {
  if (asJson) return json({ Users: accounts.map(userOf), ...(next !== undefined && { Next: String(next) }), ...(incomplete && { Incomplete: true }) })
  if (accounts.length === 0) return lines('No such account.')
  const rows = accounts.map(account => [String(account.id), account.role, account.disabledAt === null ? 'enabled' : 'disabled', account.lastLogin ?? 'never', printable(account.email, LONGEST), printable(account.name, LONGEST)])
  return table([['UserID', 'Role', 'Standing', 'Last login', 'E-mail', 'Name'], ...rows]) +
    (next === undefined ? '' : lines('', `There are more: --after ${next}`)) +
    (incomplete ? lines('', 'Very many begin like that, and not all of them were looked at: make --search longer.') : '')
}
