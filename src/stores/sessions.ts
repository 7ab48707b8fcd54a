import type { ExpressionBuilder } from 'kysely'
import type { ListedSession, SessionStore } from '../sessions.ts'
import { dateTime, millisecondsOf, preciseDateTime, type Database, type Schema, type SessionsTable } from './database.ts'

const LISTED = ['SessionID', 'CreatedAt', 'LastSeenAt', 'ExpiresAt', 'Network', 'UserAgent'] as const

/** More than anybody begins while their rows are kept. */
const MOST_KEPT = 10_000

function listed (row: Pick<SessionsTable, typeof LISTED[number]>): ListedSession {
  return { id: row.SessionID, createdAt: row.CreatedAt, lastSeenAt: row.LastSeenAt, expiresAt: row.ExpiresAt, network: row.Network, userAgent: row.UserAgent }
}

/** Which sessions of an account are live. What has ended with all others, by the account's version, is not there to be ended. */
const live = (userId: number, at: number) => ({ and, eb, selectFrom }: ExpressionBuilder<Schema, 'Sessions'>) => and([
  eb('UserID', '=', userId),
  eb('RevokedAt', 'is', null),
  eb('ExpiresAt', '>', dateTime(at)),
  eb('TokenVersion', '=', selectFrom('Users').select('Users.TokenVersion').where('Users.UserID', '=', userId))
])

/** Sessions in the `Sessions` table. Every method may fail with Code 510. */
export function createSessionStore (database: Database): SessionStore {
  return {
    async insert ({ id, userId, tokenVersion, at, expiresAt, network, userAgent }) {
      const { numInsertedOrUpdatedRows = 0n } = await database.insertInto('Sessions')
        .columns(['SessionID', 'UserID', 'TokenVersion', 'CreatedAt', 'LastSeenAt', 'ExpiresAt', 'Network', 'UserAgent'])
        .expression(eb => eb.selectFrom('Users').where('UserID', '=', userId)
          .select([eb.val(id).as('SessionID'), 'UserID', eb.val(tokenVersion).as('TokenVersion'), eb.val(dateTime(at)).as('CreatedAt'), eb.val(dateTime(at)).as('LastSeenAt'), eb.val(dateTime(expiresAt)).as('ExpiresAt'), eb.val(network).as('Network'), eb.val(userAgent).as('UserAgent')]))
        .executeTakeFirst()
      return numInsertedOrUpdatedRows > 0n
    },

    async standing (id) {
      const row = await database.selectFrom('Sessions').innerJoin('Users', 'Users.UserID', 'Sessions.UserID')
        .select(['Users.UserID', 'Users.Role', 'Users.TokenVersion', 'Users.DisabledAt', 'Sessions.TokenVersion as SessionVersion', 'Sessions.Generation', 'Sessions.RefreshedAt', 'Sessions.CreatedAt', 'Sessions.ExpiresAt', 'Sessions.RevokedAt'])
        .where('Sessions.SessionID', '=', id)
        .executeTakeFirst()
      return row && {
        userId: row.UserID,
        role: row.Role,
        revoked: row.RevokedAt !== null || row.SessionVersion !== row.TokenVersion,
        disabled: row.DisabledAt !== null,
        generation: row.Generation,
        refreshedAt: row.RefreshedAt === null ? 0 : millisecondsOf(row.RefreshedAt),
        createdAt: millisecondsOf(row.CreatedAt),
        expiresAt: millisecondsOf(row.ExpiresAt)
      }
    },

    async refresh (id, from, { at, expiresAt }) {
      const { numUpdatedRows } = await database.updateTable('Sessions')
        .set({ Generation: from + 1, RefreshedAt: preciseDateTime(at), ExpiresAt: dateTime(expiresAt), LastSeenAt: dateTime(at) })
        .where('SessionID', '=', id).where('Generation', '=', from).where('RevokedAt', 'is', null)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async list (userId, at, limit) {
      const rows = await database.selectFrom('Sessions').select(LISTED)
        .where(live(userId, at))
        .orderBy('LastSeenAt', 'desc').orderBy('SessionID').limit(limit).execute()
      return rows.map(listed)
    },

    async surplus (userId, at, kept, limit) {
      const rows = await database.selectFrom('Sessions').select('SessionID')
        .where(live(userId, at))
        .orderBy('CreatedAt', 'desc').orderBy('SessionID').limit(limit).offset(kept).execute()
      return rows.map(({ SessionID }) => SessionID)
    },

    async all (userId) {
      const rows = await database.selectFrom('Sessions').innerJoin('Users', 'Users.UserID', 'Sessions.UserID')
        .select([...LISTED, 'RevokedAt', 'Sessions.TokenVersion as SessionVersion', 'Users.TokenVersion as Version'])
        .where('Sessions.UserID', '=', userId).orderBy('CreatedAt', 'desc').orderBy('SessionID').limit(MOST_KEPT).execute()
      return rows.map(row => ({ ...listed(row), ended: row.RevokedAt !== null || row.SessionVersion !== row.Version }))
    },

    async revoke (userId, id, at) {
      const { numUpdatedRows } = await database.updateTable('Sessions').set({ RevokedAt: dateTime(at) })
        .where('SessionID', '=', id).where(live(userId, at)).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async revokeAll (userId) {
      const { numUpdatedRows } = await database.updateTable('Users').set(({ eb }) => ({ TokenVersion: eb('TokenVersion', '+', 1) })).where('UserID', '=', userId).executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async seen (ids, at) {
      // In one order everywhere, so that two processes do not wait for each other.
      await database.updateTable('Sessions').set({ LastSeenAt: dateTime(at) }).where('SessionID', 'in', [...ids].sort()).where('LastSeenAt', '<', dateTime(at)).execute()
    },

    async live (ids, at) {
      const rows = await database.selectFrom('Sessions').innerJoin('Users', 'Users.UserID', 'Sessions.UserID').select(['SessionID', 'Role'])
        .where('SessionID', 'in', ids).where('RevokedAt', 'is', null).where('DisabledAt', 'is', null).where('ExpiresAt', '>', dateTime(at))
        .whereRef('Sessions.TokenVersion', '=', 'Users.TokenVersion')
        .execute()
      return new Map(rows.map(({ SessionID, Role }) => [SessionID, Role]))
    },

    async purge (before, limit) {
      const ended = await database.selectFrom('Sessions').select('SessionID').where('ExpiresAt', '<', dateTime(before)).orderBy('ExpiresAt').limit(limit).execute()
      const ids = ended.map(({ SessionID }) => SessionID)
      if (ids.length > 0) await database.deleteFrom('Sessions').where('SessionID', 'in', ids).where('ExpiresAt', '<', dateTime(before)).execute()
      return ids.length
    }
  }
}
