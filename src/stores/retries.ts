import type { Database } from './database.ts'
import { isRolledBack } from './database-errors.ts'

const TRIES = 5
/** No try begins later than this after the first: an answer is due within two seconds. */
const PATIENCE_MS = 700
const LONGEST_PAUSE_MS = 20

/**
 * Runs a step of the database again where the database has rolled it back for another's sake. What failed in any other way may have
 * been carried out, and is not run again.
 */
export async function retried<T> (step: () => Promise<T>): Promise<T> {
  const start = performance.now()
  for (let tried = 1; ; tried++) {
    try {
      return await step()
    } catch (error) {
      if (tried === TRIES || performance.now() - start > PATIENCE_MS || !isRolledBack(error)) throw error
      // Not all who were in each other's way at the same time again.
      await new Promise(resolve => { setTimeout(resolve, Math.random() * LONGEST_PAUSE_MS * tried) })
    }
  }
}

/** Runs a transaction, again where the database gave it up for another; so the work must be nothing but statements. */
export async function inTransaction<T> (database: Database, work: (transaction: Database) => Promise<T>): Promise<T> {
  return retried(() => database.transaction().execute(work))
}
