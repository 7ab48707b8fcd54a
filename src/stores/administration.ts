import type { AdministeredAccount, AdministrationStore } from '../administration.ts'
import { canonicalEmail } from '../canonical.ts'
import { dateTime, type Database, type UsersTable } from './database.ts'
import { inTransaction } from './retries.ts'
import { spareLastSuperAdmin } from './super-admins.ts'

const SHOWN = ['UserID', 'UserName', 'Email', 'EmailKey', 'Role', 'DisabledAt', 'RegisterTime', 'LastLogin'] as const

/** So many accounts are looked at for each key that begins as asked: a search costs the same however many there are. */
export const MOST_CANDIDATES = 1_000

/** Above whatever begins with the text before it, byte by byte. */
const ABOVE_ALL = '\u{10FFFF}'

type Row = Pick<UsersTable, Exclude<typeof SHOWN[number], 'UserID' | 'Role' | 'DisabledAt'>> & { UserID: number, Role: AdministeredAccount['role'], DisabledAt: string | null }

const administered = ({ UserID, UserName, Email, EmailKey, Role, DisabledAt, RegisterTime, LastLogin }: Row): AdministeredAccount => ({
  id: UserID, name: UserName, email: EmailKey === null ? canonicalEmail(Email) : String(EmailKey), role: Role, disabledAt: DisabledAt, registeredAt: RegisterTime, lastLogin: LastLogin
})

/** What administrators look at and change. Every method may fail with Code 510. */
export function createAdministrationStore (database: Database): AdministrationStore {
  return {
    async find ({ begins, id, role, disabled }, { after = 0, limit }) {
      let some = database.selectFrom('Users')
      if (role !== undefined) some = some.where('Role', '=', role)
      if (disabled !== undefined) some = some.where('DisabledAt', disabled ? 'is not' : 'is', null)
      if (begins === undefined) {
        const rows = await some.select(SHOWN).where('UserID', '>', after).orderBy('UserID').limit(limit + 1).execute()
        const accounts = rows.slice(0, limit).map(administered)
        return { accounts, next: rows.length > limit ? accounts.at(-1)?.id : undefined, incomplete: false }
      }

      // A range of an index in its own order, each by itself: ordered by UserID, or joined by OR, the whole table might be read.
      const beginning = (key: 'EmailKey' | 'NameKey', text: string) =>
        some.select('UserID').where(key, '>=', text).where(key, '<', `${text}${ABOVE_ALL}`).orderBy(key).limit(MOST_CANDIDATES + 1).execute()
      const numbered = id === undefined ? [] : await some.select('UserID').where('UserID', '=', id).execute()
      const [byEmail, byName] = [await beginning('EmailKey', begins.email), await beginning('NameKey', begins.name)]
      const ids = [...new Set([byEmail, byName, numbered].flatMap(rows => rows.slice(0, MOST_CANDIDATES).map(({ UserID }) => UserID)))].filter(each => each > after).sort((a, b) => a - b)
      const page = ids.slice(0, limit)
      const rows = page.length === 0 ? [] : await database.selectFrom('Users').select(SHOWN).where('UserID', 'in', page).orderBy('UserID').execute()
      return {
        accounts: rows.map(administered),
        next: ids.length > limit ? page.at(-1) : undefined,
        incomplete: [byEmail, byName].some(({ length }) => length > MOST_CANDIDATES)
      }
    },

    async findById (id) {
      const row = await database.selectFrom('Users').select(SHOWN).where('UserID', '=', id).executeTakeFirst()
      return row && administered(row)
    },

    async findByEmail (email) {
      const row = await database.selectFrom('Users').select(SHOWN).where('EmailKey', '=', email).executeTakeFirst()
      return row && administered(row)
    },

    async change (id, { disabled, role }, at) {
      return inTransaction(database, async transaction => {
        // Also where nobody is removed: all who change roles lock in one order, and none waits for the other in a circle.
        const spared = await spareLastSuperAdmin(transaction, id)
        if (!spared && (disabled === true || role === 'user')) return 'last super administrator'
        const account = transaction.updateTable('Users').where('UserID', '=', id)
        const changed: Array<'disablement' | 'enablement' | 'role_change'> = []
        if (disabled === true) {
          // The version as well: what has ended must not come back when the account is enabled.
          const { numUpdatedRows } = await account.set(({ eb }) => ({ DisabledAt: dateTime(at), TokenVersion: eb('TokenVersion', '+', 1) })).where('DisabledAt', 'is', null).executeTakeFirst()
          if (numUpdatedRows > 0n) changed.push('disablement')
        }
        if (disabled === false) {
          const { numUpdatedRows } = await account.set({ DisabledAt: null }).where('DisabledAt', 'is not', null).executeTakeFirst()
          if (numUpdatedRows > 0n) changed.push('enablement')
        }
        if (role !== undefined) {
          const { numUpdatedRows } = await account.set({ Role: role }).where('Role', '<>', role).executeTakeFirst()
          if (numUpdatedRows > 0n) changed.push('role_change')
        }
        if (changed.length > 0) return changed
        const there = await transaction.selectFrom('Users').select('UserID').where('UserID', '=', id).executeTakeFirst()
        return there === undefined ? 'gone' : []
      })
    }
  }
}
