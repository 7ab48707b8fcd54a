import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import { createConnection, type Connection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { inTransaction } from '../../src/stores/retries.ts'
import { build, modes, type World } from '../helper.ts'
import { newPerson } from '../support/faults.ts'

const skip = modes.includes('server') ? false : 'SQLite has one writer'

/** Two accounts, and a connection beside the service. */
async function scene (t: Test): Promise<{ world: World, beside: Connection, waits: () => Promise<void> }> {
  const world = await build(t, 'server', { DB_POOL_SIZE: '1' })
  for (let i = 0; i < 2; i++) await world.register(newPerson())
  const beside = await createConnection({ host: '127.0.0.1', port: world.config.DB_PORT, user: 'root', database: world.config.DB_NAME })
  t.teardown(() => { beside.destroy() })
  const waits = async (): Promise<void> => {
    // What is told of waits is made anew only where nobody has asked for a tenth of a second.
    for (;; await sleep(150)) {
      const [rows] = await beside.query("SELECT 1 FROM information_schema.INNODB_TRX WHERE trx_state = 'LOCK WAIT' AND trx_query LIKE '%Gender%'")
      if (Array.isArray(rows) && rows.length > 0) return
    }
  }
  return { world, beside, waits }
}

/** Weighs more than what the service has done so far: of two in a circle, InnoDB gives up the lighter. */
async function hold (beside: Connection, id: number): Promise<void> {
  await beside.query('BEGIN')
  await beside.query(`INSERT INTO FormerEmails (EmailKey, UserID, ReservedUntil) VALUES ${Array.from({ length: 50 }, (_, i) => `('weight ${i}', 1, '2000-01-01')`).join()}`)
  await beside.query(`UPDATE Users SET Gender = 'held' WHERE UserID = ${id}`)
}

t.test('server: D1: a statement that was given up for a deadlock is run again', { skip }, async t => {
  const { world, beside, waits } = await scene(t)
  await hold(beside, 2)
  const ours = sql`UPDATE Users SET Gender = 'ours' WHERE UserID IN (1, 2)`.execute(world.app.database)
  await waits()
  await beside.query("UPDATE Users SET Gender = 'theirs' WHERE UserID = 1")
  await beside.query('COMMIT')
  t.equal((await ours).numAffectedRows, 2n)
  t.same(await world.rows('SELECT Gender FROM Users'), [{ Gender: 'ours' }, { Gender: 'ours' }])
})

t.test('server: D1: a transaction that was given up for a deadlock is run again from its beginning', { skip }, async t => {
  const { world, beside, waits } = await scene(t)
  await hold(beside, 2)
  let runs = 0
  const ours = inTransaction(world.app.database, async transaction => {
    runs++
    await sql`UPDATE Users SET Address = CONCAT(COALESCE(Address, ''), 'once') WHERE UserID = 1`.execute(transaction)
    await sql`UPDATE Users SET Gender = 'ours' WHERE UserID = 2`.execute(transaction)
  })
  await waits()
  await beside.query("UPDATE Users SET Gender = 'theirs' WHERE UserID = 1")
  await beside.query('COMMIT')
  await ours
  t.equal(runs, 2)
  t.same(await world.rows('SELECT Address, Gender FROM Users'), [{ Address: 'once', Gender: 'theirs' }, { Address: null, Gender: 'ours' }])
})

/** The table answers a change with an error of the server's. */
async function answerWith (world: World, errno: number): Promise<void> {
  await world.rows('DROP TRIGGER IF EXISTS answer')
  // No rollback takes a number back, and no lost connection.
  await world.rows('CREATE OR REPLACE SEQUENCE asked')
  await world.rows(`CREATE TRIGGER answer BEFORE UPDATE ON Users FOR EACH ROW BEGIN SET @asked = NEXT VALUE FOR asked; SIGNAL SQLSTATE '45000' SET MYSQL_ERRNO = ${errno}; END`)
}

const change = ({ app }: World): Promise<unknown> => sql`UPDATE Users SET Gender = 'changed' WHERE UserID = 1`.execute(app.database)

t.test('server: D1: tries have a bound, and what may have been carried out is not tried again', { skip }, async t => {
  const { world } = await scene(t)
  for (const [errno, tries] of [[1213, 5], [1205, 5], [1317, 1], [1159, 1], [1062, 1]] as const) {
    await answerWith(world, errno)
    await t.rejects(change(world))
    t.same(await world.rows('SELECT NEXT VALUE FOR asked AS next'), [{ next: tries + 1 }], String(errno))
  }
})

t.test('server: D1: a connection to a server that is not ready, read-only or stopping is not kept, so that a balancer may give another', { skip }, async t => {
  const { world } = await scene(t)
  const id = async (): Promise<unknown> => (await world.rows('SELECT CONNECTION_ID() AS id'))[0]?.id
  for (const errno of [1047, 1053, 1290, 1792, 1836]) {
    await answerWith(world, errno)
    const before = await id()
    t.match(await change(world).catch((error: unknown) => error), { key: 'DatabaseUnavailable' })
    t.not(await id(), before, String(errno))
  }
  await answerWith(world, 1213)
  const before = await id()
  t.match(await change(world).catch((error: unknown) => error), { key: 'DatabaseUnavailable' })
  t.equal(await id(), before, 'one that is well stays')
})
