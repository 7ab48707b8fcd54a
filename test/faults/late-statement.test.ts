import { setTimeout as sleep } from 'node:timers/promises'
import { createConnection } from 'mysql2/promise'
import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { credentialsOf, newPerson } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'

const skip = modes.includes('server') ? false : 'SQLite has no statements that wait at a server'
/** Longer than the service has any statement wait for a lock, and shorter than the server would. */
const HELD_MS = 4_000

// They wait most of the time, so they wait together.
t.jobs = 2

/** What keeps a change of an account waiting: somebody's row, and somebody's table. */
const holds = {
  row: ["UPDATE Users SET Gender = 'held'"],
  table: ['SELECT 1 FROM Users', 'LOCK TABLES Users READ']
}

for (const [what, statements] of Object.entries(holds)) {
  t.test(`server: D2, R5, T6: what was answered 510 because a ${what} was locked does not happen after all when the lock is gone`, { skip, buffered: true }, async t => {
    const world = await build(t, 'server')
    const alice = newPerson()
    await world.register(alice)
    t.match(await patiently(() => world.post('/Auth/ResetPassword', { Email: alice.Email })), { body: { Code: 200 } })
    const change = { Email: alice.Email, Password: digest('another'), VerifyCode: await world.codeFor(alice.Email) }
    const beside = await createConnection({ host: '127.0.0.1', port: world.config.DB_PORT, user: 'root', database: world.config.DB_NAME })
    t.teardown(() => { beside.destroy() })
    await beside.query('BEGIN')
    for (const statement of statements) await beside.query(statement)
    t.match(await patiently(() => world.post('/Auth/UpdatePassword', change), 510), { status: 503, body: { Code: 510 } })
    await sleep(HELD_MS)
    await beside.query('COMMIT')
    await beside.query('UNLOCK TABLES')
    await sleep(500)
    t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(alice))), { body: { Code: 200 } }, 'the old password is still the one')
    t.match(await patiently(() => world.post('/Auth/UpdatePassword', change)), { body: { Code: 200 } }, 'and the code as good as before')
  })
}
