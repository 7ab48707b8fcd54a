import { createHash } from 'node:crypto'
import { createConnection, type Connection, type RowDataPacket } from 'mysql2/promise'
import type { Test } from 'tap'
import { deployment, digest } from '../helper.ts'

export type Row = Record<string, unknown>

/** A database of its own, as its administrator sees it. */
export interface Administered {
  /** What an operator would set to have it used. */
  settings: Record<string, string>
  name: string
  rows: (statement: string, values?: unknown[]) => Promise<Row[]>
}

async function administrator (t: Test, database?: string): Promise<Connection> {
  const connection = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root', multipleStatements: true, ...(database !== undefined && { database }) })
  t.teardown(() => { connection.destroy() })
  return connection
}

/** A new server deployment whose database is not there yet, or has been created with these options. */
export async function administered (t: Test, create?: string): Promise<Administered> {
  const settings = await deployment(t, 'server')
  const name = String(settings.DB_NAME)
  const connection = await administrator(t)
  if (create !== undefined) await connection.query(`CREATE DATABASE ${name} ${create}; USE ${name}`)
  return { settings, name, rows: async (statement, values = []) => (await connection.query<RowDataPacket[]>(statement, values))[0] }
}

/** A database user with these rights alone, on one database. Gone with the test. */
export async function userWith (t: Test, { name, settings, rows }: Administered, rights: string | undefined): Promise<Record<string, string>> {
  const user = `u_${name}`
  await rows(`CREATE USER ${user}@'%' IDENTIFIED BY 'a password of the user'`)
  if (rights !== undefined) await rows(`GRANT ${rights} ON ${name}.* TO ${user}@'%'`)
  t.teardown(async () => {
    const connection = await administrator(t)
    await connection.query(`DROP USER IF EXISTS ${user}@'%'`)
  })
  return { ...settings, DB_USER: user, DB_PASSWORD: 'a password of the user' }
}

/** The account table as the forerunner of this service left it. */
export const OLD_TABLE = `CREATE TABLE Users (
  UserID INT AUTO_INCREMENT PRIMARY KEY, UserName VARCHAR(50) NOT NULL UNIQUE, Email VARCHAR(100) NOT NULL UNIQUE, Password VARCHAR(255) NOT NULL,
  AvatarUrl VARCHAR(255), Gender VARCHAR(10), BirthDate DATE, Phone VARCHAR(20), Address VARCHAR(255), RegisterTime DATETIME, LastLogin DATETIME
) ENGINE=InnoDB ROW_FORMAT=COMPACT`

export const OLD_COLUMNS = 'UserID, UserName, Email, Password, AvatarUrl, Gender, BirthDate, Phone, Address, RegisterTime, LastLogin'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What old user number `i` typed, and what the old service kept of it: in turn the forms in which it stored passwords. */
export function oldPassword (i: number): { typed: string, stored: string } {
  const typed = `password of user ${i}`
  return { typed, stored: [sha256(digest(typed)), digest(typed), sha256(typed)][i % 3] ?? '' }
}

/** Old user number `i`, in the spelling of the old days, under a name that the character set can hold. */
export function oldUser (i: number, charset = ''): Row {
  const names = charset.includes('latin1') ? ['José', 'Zoë', 'ÅSA', 'ann'] : ['José', '张三', 'ЁЖ', charset.includes('utf8mb3') ? '李四' : '😀']
  const name = names[i % 4]
  return {
    UserName: `${name} ${i}${i % 5 === 0 ? '  ' : ''}`,
    Email: i % 2 === 0 ? `User${i}@Example.COM` : `user${i}@example.com`,
    Password: oldPassword(i).stored,
    AvatarUrl: i % 7 === 0 ? null : `https://example.com/${i}.png`,
    Gender: 'other',
    BirthDate: '2000-02-29',
    Phone: `${13_800_000_000 + i}`,
    Address: i % 3 === 0 ? null : 'Straße 1',
    RegisterTime: '2021-03-04 05:06:07',
    LastLogin: i % 3 === 0 ? null : '2022-03-04 05:06:07'
  }
}

/** Old users 1 to `count`, a table with a foreign key to them, and one that has nothing to do with them. */
export async function oldDeployment ({ rows }: Administered, count: number, charset = ''): Promise<void> {
  await rows(OLD_TABLE)
  await rows("CREATE TABLE Dreams (DreamID INT AUTO_INCREMENT PRIMARY KEY, UserID INT NOT NULL, Title VARCHAR(100), CONSTRAINT Dreamer FOREIGN KEY (UserID) REFERENCES Users (UserID) ON DELETE CASCADE); CREATE TABLE Notices (NoticeID INT PRIMARY KEY, Text VARCHAR(100)); INSERT INTO Notices VALUES (1, 'Maintenance')")
  const users = Array.from({ length: count }, (_, i) => oldUser(i + 1, charset))
  await rows(`INSERT INTO Users (${OLD_COLUMNS.replace('UserID, ', '')}) VALUES ?`, [users.map(user => Object.values(user))])
  await rows("INSERT INTO Dreams (UserID, Title) SELECT UserID, CONCAT('Dream of ', UserID) FROM Users")
}

/** How a database is built: columns, indexes and foreign keys, all that two alike databases share. */
export async function structure ({ rows, name }: Administered, table = '%'): Promise<Record<string, Row[]>> {
  const bare = ({ TABLE_SCHEMA, INDEX_SCHEMA, CONSTRAINT_SCHEMA, REFERENCED_TABLE_SCHEMA, TABLE_CATALOG, CARDINALITY, ...rest }: Row): Row => rest
  const read = async (source: string, order: string): Promise<Row[]> => (await rows(`SELECT * FROM information_schema.${source} WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ? ORDER BY TABLE_NAME, ${order}`, [name, table])).map(bare)
  return {
    database: (await rows('SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ?', [name])),
    tables: (await rows('SELECT TABLE_NAME, ENGINE, ROW_FORMAT, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = ? AND TABLE_NAME LIKE ? ORDER BY TABLE_NAME', [name, table])),
    columns: await read('COLUMNS', 'ORDINAL_POSITION'),
    indexes: await read('STATISTICS', 'INDEX_NAME, SEQ_IN_INDEX'),
    keys: await read('KEY_COLUMN_USAGE', 'CONSTRAINT_NAME, ORDINAL_POSITION')
  }
}
