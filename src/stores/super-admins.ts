import type { Database } from './database.ts'

/**
 * Whether an account may cease to be a super administrator who can log in: not where it is the last one. All of them are locked
 * until the transaction ends, so that two cannot remove each other at once. To be called in a transaction, before the change.
 */
export async function spareLastSuperAdmin (transaction: Database, id: number): Promise<boolean> {
  // Changes nothing but takes the locks, in every dialect, and sees what is there now, where a SELECT might see what was at the start.
  const { numUpdatedRows } = await transaction.updateTable('Users').set(({ ref }) => ({ LastLogin: ref('LastLogin') })).where('Role', '=', 'super_admin').where('DisabledAt', 'is', null).executeTakeFirst()
  if (numUpdatedRows > 1n) return true
  const last = await transaction.selectFrom('Users').select('UserID').where('UserID', '=', id).where('Role', '=', 'super_admin').where('DisabledAt', 'is', null).executeTakeFirst()
  return last === undefined
}
