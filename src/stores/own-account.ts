import { sql } from 'kysely'
import type { OwnAccountStore } from '../own-account.ts'
import { preciseDateTime, type Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'
import { rowOf } from './events.ts'
import { rowOf as noticeRowOf } from './notices.ts'
import { inTransaction } from './retries.ts'
import { spareLastSuperAdmin } from './super-admins.ts'

/** What people do to their own account. Every method may fail with Code 510. */
export function createOwnAccountStore (database: Database): OwnAccountStore {
  return {
    async changePassword ({ id, tokenVersion, password, keep }, notice) {
      return inTransaction(database, async transaction => {
        const { numUpdatedRows } = await transaction.updateTable('Users').set({ Password: password, TokenVersion: tokenVersion + 1 })
          .where('UserID', '=', id).where('TokenVersion', '=', tokenVersion).where('DisabledAt', 'is', null).executeTakeFirst()
        if (numUpdatedRows === 0n) return false
        await transaction.updateTable('Sessions').set({ TokenVersion: tokenVersion + 1 }).where('SessionID', '=', keep).where('UserID', '=', id).where('TokenVersion', '=', tokenVersion).execute()
        await transaction.insertInto('PendingNotices').values(noticeRowOf(notice)).execute()
        return true
      })
    },

    async changeEmail ({ id, tokenVersion, from, to, reservedUntil }, notice) {
      try {
        return await inTransaction(database, async transaction => {
          const { numUpdatedRows } = await transaction.updateTable('Users').set({ Email: to, EmailKey: to })
            .where('UserID', '=', id).where('TokenVersion', '=', tokenVersion).where('EmailKey', '=', from).where('DisabledAt', 'is', null).executeTakeFirst()
          if (numUpdatedRows === 0n) return 'gone'
          // The new one may be a former one of this account; what else is there of either has lapsed.
          await transaction.deleteFrom('FormerEmails').where('EmailKey', 'in', [from, to]).execute()
          await transaction.insertInto('FormerEmails').values({ EmailKey: from, UserID: id, ReservedUntil: preciseDateTime(reservedUntil) }).execute()
          await transaction.insertInto('PendingNotices').values(noticeRowOf(notice)).execute()
          return 'changed'
        })
      } catch (error) {
        if (isDuplicate(error)) return 'taken'
        throw error
      }
    },

    async emailTaken (id, email, at) {
      const other = await database.selectFrom('Users').select('UserID').where('UserID', '<>', id).where(({ eb, or }) => or([eb('EmailKey', '=', email), eb('Email', '=', email)])).limit(1).executeTakeFirst()
      const reserved = await database.selectFrom('FormerEmails').select('UserID').where('EmailKey', '=', email).where('UserID', '<>', id).where('ReservedUntil', '>', preciseDateTime(at)).executeTakeFirst()
      return other !== undefined || reserved !== undefined
    },

    async personalData (id) {
      const row = await database.selectFrom('Users')
        .select(['UserID', 'UserName', 'Email', 'Role', 'RegisterTime', 'LastLogin', 'AvatarUrl', 'Gender', 'BirthDate', 'Phone', 'Address', 'DisabledAt'])
        .where('UserID', '=', id).executeTakeFirst()
      if (row === undefined) return undefined
      const former = await database.selectFrom('FormerEmails').select([sql<string>`EmailKey`.as('Email'), 'ReservedUntil']).where('UserID', '=', id).orderBy('ReservedUntil').execute()
      return { ...row, formerEmails: former.map(({ Email, ReservedUntil }) => ({ Email: String(Email), ReservedUntil })) }
    },

    async formerEmails (id, at) {
      const rows = await database.selectFrom('FormerEmails').select('EmailKey').where('UserID', '=', id).where('ReservedUntil', '>', preciseDateTime(at)).execute()
      return rows.map(({ EmailKey }) => String(EmailKey))
    },

    async purgeFormerEmails (at) {
      await database.deleteFrom('FormerEmails').where('ReservedUntil', '<', preciseDateTime(at)).execute()
    },

    async remove (id, event, notice) {
      // Most are nobody whose absence matters: no lock for these. Asked outside, as a transaction that has locked one must not wait for all.
      const ordinary = await database.selectFrom('Users').select('UserID').where('UserID', '=', id).where('Role', '<>', 'super_admin').executeTakeFirst()
      return inTransaction(database, async transaction => {
        const row = transaction.deleteFrom('Users').where('UserID', '=', id)
        const { numDeletedRows: deleted } = ordinary === undefined ? { numDeletedRows: 0n } : await row.where('Role', '<>', 'super_admin').executeTakeFirst()
        if (deleted === 0n) {
          if (!await spareLastSuperAdmin(transaction, id)) return 'last super administrator'
          const { numDeletedRows } = await row.executeTakeFirst()
          if (numDeletedRows === 0n) return 'gone'
        }
        await transaction.deleteFrom('Sessions').where('UserID', '=', id).execute()
        await transaction.deleteFrom('FormerEmails').where('UserID', '=', id).execute()
        await transaction.deleteFrom('PendingNotices').where('UserID', '=', id).execute()
        if (notice !== undefined) await transaction.insertInto('PendingNotices').values(noticeRowOf(notice)).execute()
        // With the row, so that what is left of the person can be found and erased whatever happens next.
        await transaction.insertInto('Events').values(rowOf(event)).execute()
        return 'removed'
      })
    }
  }
}
