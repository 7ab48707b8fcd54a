import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Sqlite from 'libsql'
import t, { type Test } from 'tap'
import { build, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, newPerson, RECOVERY_MS, until } from '../support/faults.ts'
import { stopwatch } from '../support/stopwatch.ts'

const alice = newPerson()
const login = credentialsOf(alice)

/** A service with an account, and another program's connection to its database file. */
async function besideAnother (t: Test): Promise<{ world: World, other: Sqlite.Database }> {
  const world = await build(t, 'embedded')
  await world.register(alice)
  const other = new Sqlite(join(world.config.DATA_DIR, 'dream.db'))
  t.teardown(() => { other.close() })
  return { world, other }
}

t.test('embedded: D1, D2: another program writes to the database file for long: 510 in time, also for many at once, and then service again', async t => {
  const { world, other } = await besideAnother(t)
  const token = await world.login(login)
  other.exec('BEGIN IMMEDIATE')
  const took = stopwatch()
  const [live, ...logins] = await Promise.all([world.get('/health/live'), ...Array.from({ length: 8 }, () => world.post('/Auth/Login', login))])
  const ms = took()
  t.strictSame(logins.map(({ status, body }) => [status, body.Code]), logins.map(() => [503, 510]))
  t.match(live, { status: 200 })
  t.ok(ms < ANSWER_MS, `eight logins were answered within ${Math.round(ms)} ms`)
  t.match(await world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } }), { status: 200 }, 'what only reads goes on')
  other.exec('COMMIT')
  const back = await until(async () => (await world.post('/Auth/Login', login)).body.Code === 200)
  t.ok(back < RECOVERY_MS)
})

t.test('a Verify that fails with 510 leaves the code usable', async t => {
  const { world, other } = await besideAnother(t)
  const bob = newPerson()
  await world.post('/Auth/Sign', bob)
  const verify = { ...bob, VerifyCode: await world.codeFor(bob.Email) }
  other.exec('BEGIN IMMEDIATE')
  t.match(await world.post('/Auth/Verify', verify), { status: 503, body: { Code: 510 } })
  other.exec('ROLLBACK')
  t.match(await world.post('/Auth/Verify', verify), { body: { Code: 200 } })
})

t.test('a restart on the same folder finds accounts, tokens and nothing else', async t => {
  const { world, other } = await besideAnother(t)
  const token = await world.login(login)
  const bob = newPerson()
  await world.post('/Auth/Sign', bob)
  const VerifyCode = await world.codeFor(bob.Email)
  other.close()
  await world.app.close()
  const again = await build(t, 'embedded', { DATA_DIR: world.config.DATA_DIR })
  t.match(await again.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } }), { status: 200 })
  t.match(await again.post('/Auth/Login', login), { body: { Code: 200 } })
  t.match(await again.post('/Auth/Verify', { ...bob, VerifyCode }), { body: { Code: 521 } }, 'codes die with the process')
})

t.test('embedded: D1: a service that starts while another program writes comes up in time, or as soon as that one is done', async t => {
  const { world, other } = await besideAnother(t)
  const { DATA_DIR } = world.config
  await world.app.close()
  other.exec('BEGIN IMMEDIATE')
  const again = await build(t, 'embedded', { DATA_DIR })
  t.match(await again.get('/health/live'), { status: 200 })
  t.match(await again.post('/Auth/Login', login), { status: 503, body: { Code: 510 } })
  other.exec('ROLLBACK')
  const back = await until(async () => (await again.post('/Auth/Login', login)).body.Code === 200)
  t.ok(back < RECOVERY_MS)
})

t.test('a database file that is none stops the start with the name of its setting', async t => {
  const world = await build(t, 'embedded')
  const { DATA_DIR } = world.config
  await world.app.close()
  for (const suffix of ['', '-wal', '-shm']) rmSync(join(DATA_DIR, `dream.db${suffix}`), { force: true })
  writeFileSync(join(DATA_DIR, 'dream.db'), 'this is a letter to my mother'.repeat(100))
  chmodSync(join(DATA_DIR, 'dream.db'), 0o600)
  await t.rejects(build(t, 'embedded', { DATA_DIR }), { message: /DATA_DIR/ })
})
