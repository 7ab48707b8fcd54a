import type { Database } from './database.ts'

/**
 * Whether an account may cease to be a super administrator who can log in: not where it is the last one. All of them are locked
 * until the transaction ends, so that two cannot remove each other at once. To be called in a transaction, before the change: depending on what a table has, MySQL finds
 * the administrators by the index or reads all rows, so two transactions may lock in different orders, and one is given up and run again.
 */
export async function spareLastSuperAdmin (transaction: Database, id: number): Promise<boolean> {
  // Changes nothing but takes the locks, in every dialect, and sees what is there now, where a SELECT might see what was at the start.
  const { numUpdatedRows } = await transaction.updateTable('Users').set(({ ref }) => ({ LastLogin: ref('LastLogin') })).where('Role', '=', 'super_admin').where('DisabledAt', 'is', null).executeTakeFirst()
  if (numUpdatedRows > 1n) return true
  const last = await transaction.selectFrom('Users').select('UserID').where('UserID', '=', id).where('Role', '=', 'super_admin').where('DisabledAt', 'is', null).executeTakeFirst()
  return last === undefined
}
