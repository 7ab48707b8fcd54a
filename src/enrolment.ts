import type { AccountStore, Role } from './accounts.ts'
import { fail } from './catalogue.ts'
import type { Events } from './events.ts'
import type { Passwords } from './passwords.ts'
import type { Screen } from './screen.ts'

interface Enrolment { Email: string, Name: string, Password: string, role: Role }

/**
 * Makes an account without a code mailed: whoever asks has the machine, and answers for the address.
 *
 * @returns its number
 * @throws Codes 400 for a password that is not let through, 502, 510, 529
 */
export type Enrol = (account: Enrolment) => Promise<number>

interface Parts {
  accounts: Pick<AccountStore, 'create' | 'findByEmail' | 'taken'>
  passwords: Passwords
  screen: Screen
  events: Pick<Events, 'record'>
}

export function createEnrolment ({ accounts, passwords, screen, events }: Parts): Enrol {
  return async ({ Email, Name, Password, role }) => {
    const password = passwords.read(Password)
    screen(password, { email: Email, name: Name })
    const taken = await accounts.taken(Email, Name)
    if (taken !== undefined) throw fail('UserExists', { Field: taken })
    const outcome = await accounts.create({ email: Email, name: Name, password: await passwords.hash(password), role })
    if (outcome !== 'created') throw fail('UserExists', { Field: outcome })
    const account = await accounts.findByEmail(Email)
    if (account === undefined) throw new Error('the account was deleted while it was made')
    events.record({ type: 'creation', outcome: 'success', reason: 'shell', email: Email, userId: account.id })
    if (role === 'super_admin') events.record({ type: 'role_change', outcome: 'success', reason: role, email: Email, userId: account.id })
    return account.id
  }
}
