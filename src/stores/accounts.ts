import { randomInt } from 'node:crypto'
import { sql } from 'kysely'
import type { AccountStore } from '../accounts.ts'
import type { HashStore } from '../adoption.ts'
import { nameKey } from '../canonical.ts'
import { fail } from '../catalogue.ts'
import { dateTime, type Database } from './database.ts'
import { isDuplicate, isUnstorable } from './database-errors.ts'

/** The first version is drawn at random: a number that comes again, in a database made anew, must not bring its old tokens back. */
const HIGHEST_FIRST_VERSION = 2 ** 30

/**
 * Accounts in the `Users` table. Every method may fail with Code 510.
 *
 * @param now wall clock in milliseconds, for `RegisterTime` and `LastLogin`
 */
export function createAccountStore (database: Database, now: () => number): AccountStore & HashStore {
  /** Also asks the columns as the forerunner indexed them: a collation of theirs may hold two spellings for one. */
  async function taken (email: string, name: string): Promise<'Email' | 'Name' | undefined> {
    const byEmail = database.selectFrom('Users').select(sql<'Email' | 'Name'>`'Email'`.as('Field'))
      .where(({ eb, or }) => or([eb('EmailKey', '=', email), eb('Email', '=', email)])).limit(1)
    const byName = database.selectFrom('Users').select(sql<'Email' | 'Name'>`'Name'`.as('Field'))
      .where(({ eb, or }) => or([eb('NameKey', '=', nameKey(name)), eb('UserName', '=', name)])).limit(1)
    return (await byEmail.executeTakeFirst() ?? await storable(byName.executeTakeFirst()))?.Field
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
      const row = await database.selectFrom('Users')
        .select(['UserID', 'UserName', 'Password', 'Role', 'TokenVersion'])
        .where('EmailKey', '=', email)
        .executeTakeFirst()
      return row && { id: row.UserID, name: row.UserName, password: row.Password, role: row.Role, tokenVersion: row.TokenVersion }
    },

    async standing (id) {
      const row = await database.selectFrom('Users').select(['Role', 'TokenVersion']).where('UserID', '=', id).executeTakeFirst()
      return row && { role: row.Role, tokenVersion: row.TokenVersion }
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

    async replacePassword (id, password) {
      const { numUpdatedRows } = await database.updateTable('Users')
        .set(({ eb }) => ({ Password: password, TokenVersion: eb('TokenVersion', '+', 1) }))
        .where('UserID', '=', id)
        .executeTakeFirst()
      return numUpdatedRows > 0n
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
