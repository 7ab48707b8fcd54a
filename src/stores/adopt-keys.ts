import { canonicalEmail, nameKey } from '../canonical.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'

const BATCH = 500

/** What came of adopting rows that another program wrote. */
export interface Adoption {
  adopted: number
  /** UserIDs whose e-mail another account has in another spelling: they cannot log in until one of the two is changed. */
  ambiguousEmails: number[]
  /** UserIDs whose name another account has in another spelling: harmless, the name is not reserved twice. */
  ambiguousNames: number[]
}

/** Fills in the canonical keys of rows that lack them. Each row is one step: safe to interrupt, to repeat and to run twice at once. */
export async function adoptKeys (database: Database): Promise<Adoption> {
  const adoption: Adoption = { adopted: 0, ambiguousEmails: [], ambiguousNames: [] }
  for (let last = 0; ;) {
    const rows = await database.selectFrom('Users').select(['UserID', 'Email', 'UserName', 'EmailKey', 'NameKey'])
      .where(({ eb, or }) => or([eb('EmailKey', 'is', null), eb('NameKey', 'is', null)]))
      .where('UserID', '>', last).orderBy('UserID').limit(BATCH).execute()
    for (const row of rows) {
      const emailKept = row.EmailKey !== null || await setKey(database, row.UserID, 'EmailKey', canonicalEmail(row.Email))
      const nameKept = row.NameKey !== null || await setKey(database, row.UserID, 'NameKey', nameKey(row.UserName))
      if (!emailKept) adoption.ambiguousEmails.push(row.UserID)
      if (!nameKept) adoption.ambiguousNames.push(row.UserID)
      if (emailKept && nameKept) adoption.adopted++
      last = row.UserID
    }
    if (rows.length < BATCH) return adoption
  }
}

async function setKey (database: Database, id: number, column: 'EmailKey' | 'NameKey', key: string): Promise<boolean> {
  try {
    await database.updateTable('Users').set({ [column]: key }).where('UserID', '=', id).where(column, 'is', null).execute()
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
