import { Failure, fail } from '../catalogue.ts'

/** Answers of MySQL, MariaDB and Galera to whatever is asked of a server that serves nobody now. */
const UNREACHABLE = new Set([
  1040, 1203, 1226, // too many connections
  1042, 1043, 1129, 1130, // refused before login
  1044, 1045, 1049, 1698, // rights or database withdrawn
  1047, 1053, 1077, 1080, 1152, 1158, 1159, 1160, 1161, 1184, 1189, 1190 // shutting down, not ready, network
])

/** The server of the connection is not, or no more, the one that is written to. */
const READ_ONLY = new Set([1036, 1290, 1792, 1836])

/** Answers that mean "not now" or "not here", rather than a mistake in the statement; of TiDB too. */
const UNAVAILABLE = new Set([
  ...UNREACHABLE, ...READ_ONLY,
  1021, 1041, 1114, // disk, memory or table full
  1142, // rights withdrawn
  1205, 1213, // lock wait, deadlock
  1317, 1927, 3024, // interrupted, killed, out of time
  9001, 9002, 9003, 9004, 9005 // TiDB: a store behind it is away
])

const UNAVAILABLE_SQLITE = /^SQLITE_(BUSY|CANTOPEN|CORRUPT|FULL|IOERR|LOCKED|NOMEM|NOTADB|PERM|READONLY)/

const DUPLICATE_SQLITE = new Set(['SQLITE_CONSTRAINT_UNIQUE', 'SQLITE_CONSTRAINT_PRIMARYKEY'])

function property (error: unknown, name: 'code' | 'errno' | 'sqlState'): unknown {
  return error instanceof Error && name in error ? Reflect.get(error, name) : undefined
}

/** Whether a unique index, or the primary key, refused the row. */
export function isDuplicate (error: unknown): boolean {
  return property(error, 'errno') === 1062 || DUPLICATE_SQLITE.has(String(property(error, 'code')))
}

// Illegal mix of collations, incorrect string value, impossible conversion: a table of an older character set.
const UNSTORABLE = new Set([1267, 1271, 1366, 3854, 3988])

/** Whether the table's character set has no place for a character of the value. */
export function isUnstorable (error: unknown): boolean {
  return UNSTORABLE.has(Number(property(error, 'errno')))
}

/** Whether nobody answers, or nobody would whatever was asked: an error that no server sent, such as ECONNREFUSED, has no SQLSTATE. */
export function isUnreachable (error: unknown): boolean {
  return typeof property(error, 'code') === 'string' && (property(error, 'sqlState') === undefined || UNREACHABLE.has(Number(property(error, 'errno'))))
}

/** Whether the database is away, rather than the statement wrong. */
export function isUnavailable (error: unknown): boolean {
  if (error instanceof Failure) return error.key === 'DatabaseUnavailable'
  const code = property(error, 'code')
  if (typeof code !== 'string') return false
  if (code.startsWith('SQLITE_')) return UNAVAILABLE_SQLITE.test(code)
  return isUnreachable(error) || UNAVAILABLE.has(Number(property(error, 'errno')))
}

/**
 * Whether the database took back what it was asked to do because others were in the way, so that it can be asked again: a deadlock, which
 * is also what Galera calls a change that another node's came before (1213), or a lock that was waited for too long (1205). That the
 * second takes back one statement alone is no matter: who began a transaction ends it.
 */
export function isRolledBack (error: unknown): boolean {
  const errno = property(error instanceof Failure ? error.cause : error, 'errno')
  return errno === 1213 || errno === 1205
}

// Galera not ready, shutting down, killed.
const NOT_HERE = new Set([...READ_ONLY, 1047, 1053, 1077, 1079, 1080, 1927])

/** Whether this server will not do, where another one may: a connection to it is not worth keeping. */
export function isElsewhere (error: unknown): boolean {
  return NOT_HERE.has(Number(property(error, 'errno')))
}

/** The error as the service's own: Code 510 where the database is away, else unchanged. */
export function databaseError (error: unknown): unknown {
  return isUnavailable(error) && !(error instanceof Failure) ? fail('DatabaseUnavailable', {}, error) : error
}
