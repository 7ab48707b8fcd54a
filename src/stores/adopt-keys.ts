import { sql } from 'kysely'
import { canonicalEmail, nameKey } from '../canonical.ts'
import type { Database } from './database.ts'
import { isDuplicate } from './database-errors.ts'

const BATCH = 250

/** What came of adopting rows that another program wrote. */
export interface Adoption {
  adopted: number
  /** UserIDs whose e-mail another account has in another spelling: they cannot log in until one of the two is changed. */
  ambiguousEmails: number[]
  /** UserIDs whose name another account has in another spelling: harmless, the name is not reserved twice. */
  ambiguousNames: number[]
}

interface Row { UserID: number, EmailKey: string, NameKey: string }

/** Fills in the canonical keys of rows that lack them. Safe to interrupt, to repeat and to run twice at once. */
export async function adoptKeys (database: Database): Promise<Adoption> {
  const adoption: Adoption = { adopted: 0, ambiguousEmails: [], ambiguousNames: [] }
  for (let last = 0; ;) {
    const found = await database.selectFrom('Users').select(['UserID', 'Email', 'UserName'])
      .where(({ eb, or }) => or([eb('EmailKey', 'is', null), eb('NameKey', 'is', null)]))
      .where('UserID', '>', last).orderBy('UserID').limit(BATCH).execute()
    const rows = found.map(({ UserID, Email, UserName }) => ({ UserID, EmailKey: canonicalEmail(Email), NameKey: nameKey(UserName) }))
    if (rows.length > 0) await adopt(database, rows, adoption)
    last = rows.at(-1)?.UserID ?? last
    if (rows.length < BATCH) return adoption
  }
}

/** All at once, which is quick; where two rows have one key, each by itself, the first come first. */
async function adopt (database: Database, rows: Row[], adoption: Adoption): Promise<void> {
  if (await setKeys(database, rows, ['EmailKey', 'NameKey'])) {
    adoption.adopted += rows.length
    return
  }
  for (const row of rows) {
    const emailKept = await setKeys(database, [row], ['EmailKey'])
    const nameKept = await setKeys(database, [row], ['NameKey'])
    if (!emailKept) adoption.ambiguousEmails.push(row.UserID)
    if (!nameKept) adoption.ambiguousNames.push(row.UserID)
    if (emailKept && nameKept) adoption.adopted++
  }
}

/** Sets keys where there are none. `false`, and nothing is changed, where one of them is taken. */
async function setKeys (database: Database, rows: Row[], columns: Array<'EmailKey' | 'NameKey'>): Promise<boolean> {
  const keyOf = (column: 'EmailKey' | 'NameKey') => sql<string>`COALESCE(${sql.ref(column)}, CASE UserID ${sql.join(rows.map(row => sql`WHEN ${row.UserID} THEN ${row[column]}`), sql` `)} END)`
  try {
    await database.updateTable('Users')
      .set(Object.fromEntries(columns.map(column => [column, keyOf(column)])))
      .where('UserID', 'in', rows.map(({ UserID }) => UserID))
      .execute()
    return true
  } catch (error) {
    if (isDuplicate(error)) return false
    throw error
  }
}
