import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { Account, AccountStore } from '../accounts.ts'
import type { HashStore } from '../adoption.ts'
import { nameKey } from '../canonical.ts'
import { fail } from '../catalogue.ts'
import { dateTime, millisecondsOf, preciseDateTime, type Database } from './database.ts'
import { isDuplicate, isUnstorable } from './database-errors.ts'
import { rowOf } from './notices.ts'
import { inTransaction } from './retries.ts'

/** Takes a restoration back. */
class NotRestored extends Error {}

/** The first version is drawn at random: a number that comes again, in a database made anew, must not bring its old tokens back. */
const HIGHEST_FIRST_VERSION = 2 ** 30

/**
 * Accounts in the `Users` table. Every method may fail with Code 510.
 *
 * @param now wall clock in milliseconds
 */
export function createAccountStore (database: Database, now: () => number): AccountStore & HashStore {
  const accounts = () => database.selectFrom('Users').select(['Users.UserID', 'UserName', 'Users.EmailKey', 'Password', 'Role', 'TokenVersion', 'DisabledAt', 'LastLogin'])
  type Row = NonNullable<Awaited<ReturnType<ReturnType<typeof accounts>['executeTakeFirst']>>>
  const accountOf = (row: Row): Account => ({
    id: row.UserID, name: row.UserName, email: String(row.EmailKey), password: row.Password, role: row.Role, tokenVersion: row.TokenVersion, disabled: row.DisabledAt !== null, lastLogin: row.LastLogin === null ? undefined : millisecondsOf(row.LastLogin)
  })

  /** Also asks the columns as the forerunner indexed them: a collation of theirs may hold two spellings for one. */
  async function taken (email: string, name: string): Promise<'Email' | 'Name' | undefined> {
    const byEmail = database.selectFrom('Users').select(sql<'Email' | 'Name'>`'Email'`.as('Field'))
      .where(({ eb, or }) => or([eb('EmailKey', '=', email), eb('Email', '=', email)]))
    const reserved = database.selectFrom('FormerEmails').select(sql<'Email' | 'Name'>`'Email'`.as('Field'))
      .where('EmailKey', '=', email).where('ReservedUntil', '>', preciseDateTime(now()))
    const byName = database.selectFrom('Users').select(sql<'Email' | 'Name'>`'Name'`.as('Field'))
      .where(({ eb, or }) => or([eb('NameKey', '=', nameKey(name)), eb('UserName', '=', name)]))
    // One statement, as each round trip counts where the database is far away.
    const fields = (await storable(byEmail.unionAll(reserved).unionAll(byName).execute())).map(({ Field }) => Field)
    return fields.includes('Email') ? 'Email' : fields[0]
  }

  /** A forerunner's table may be too old for some names, though never for an e-mail, which is ASCII. */
  async function storable<T> (statement: Promise<T>): Promise<T> {
    try {
      return await statement
    } catch (error) {
      throw isUnstorable(error) ? fail('BadRequest', { refusals: [{ field: 'Name', reason: 'Text' }] }, error) : error
    }
  }

  return {
    taken,

    async findByEmail (email) {
      const row = await accounts().where('EmailKey', '=', email).executeTakeFirst()
      return row && accountOf(row)
    },

    async findById (id) {
      const row = await accounts().where('UserID', '=', id).executeTakeFirst()
      return row && accountOf(row)
    },

    async findByFormerEmail (email) {
      const row = await accounts().innerJoin('FormerEmails', 'FormerEmails.UserID', 'Users.UserID')
        .where('FormerEmails.EmailKey', '=', email).where('ReservedUntil', '>', preciseDateTime(now())).executeTakeFirst()
      return row && accountOf(row)
    },

    async create ({ email, name, password, role }) {
      try {
        await storable(database.insertInto('Users').values({
          UserName: name, NameKey: nameKey(name), Email: email, EmailKey: email, Password: password, Role: role, TokenVersion: randomInt(1, HIGHEST_FIRST_VERSION), RegisterTime: dateTime(now())
        }).execute())
        return 'created'
      } catch (error) {
        // The unique indexes decide, whatever was asked before: two at once, one row.
        if (!isDuplicate(error)) throw error
        return await taken(email, name) ?? 'Name'
      }
    },

    async replacePassword (id, password, notice) {
      return inTransaction(database, async transaction => {
        const { numUpdatedRows } = await transaction.updateTable('Users')
          .set(({ eb }) => ({ Password: password, TokenVersion: eb('TokenVersion', '+', 1) }))
          .where('UserID', '=', id)
          .executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        await transaction.insertInto('PendingNotices').values(rowOf(notice)).execute()
        return true
      })
    },

    async restoreEmail (id, email, password, notices) {
      try {
        return await inTransaction(database, async transaction => {
          const former = await transaction.selectFrom('FormerEmails').select('ReservedUntil').where('EmailKey', '=', email).where('UserID', '=', id).where('ReservedUntil', '>', preciseDateTime(now())).executeTakeFirst()
          if (former === undefined) return false
          const { numUpdatedRows } = await transaction.updateTable('Users')
            .set(({ eb }) => ({ Email: email, EmailKey: email, Password: password, TokenVersion: eb('TokenVersion', '+', 1) }))
            .where('UserID', '=', id).executeTakeFirst()
          // By now the row of the account is ours alone, and a deletion sees what there is, where what was selected may have been
          // taken meanwhile: by the way back to an older address, which this one must not undo.
          const { numDeletedRows } = await transaction.deleteFrom('FormerEmails').where('EmailKey', '=', email).where('UserID', '=', id).executeTakeFirst()
          if (numUpdatedRows === 0n || numDeletedRows === 0n) throw new NotRestored()
          // Whoever took the account away may hold what it was changed to since.
          await transaction.deleteFrom('FormerEmails').where('UserID', '=', id).where('ReservedUntil', '>=', former.ReservedUntil).execute()
          await transaction.insertInto('PendingNotices').values(notices.map(rowOf)).execute()
          return true
        })
      } catch (error) {
        if (error instanceof NotRestored || isDuplicate(error)) return false
        throw error
      }
    },

    async renewHash (id, from, to) {
      const { numUpdatedRows } = await database.updateTable('Users').set({ Password: to }).where('UserID', '=', id).where('Password', '=', from).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async hashesAfter (id, limit) {
      const rows = await database.selectFrom('Users').select(['UserID', 'Password']).where('UserID', '>', id).orderBy('UserID').limit(limit).execute()
      return rows.map(({ UserID, Password }) => ({ id: UserID, password: Password }))
    },

    async highestId () {
      const row = await database.selectFrom('Users').select('UserID').orderBy('UserID', 'desc').limit(1).executeTakeFirst()
      return row?.UserID ?? 0
    },

    async recordLogin (id) {
      await database.updateTable('Users').set({ LastLogin: dateTime(now()) }).where('UserID', '=', id).execute()
    }
  }
}
