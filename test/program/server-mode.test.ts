import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { deployment, digest, modes } from '../helper.ts'
import { until } from '../support/faults.ts'
import { ask, codeFrom, compiled, emptyFolder, outcome, register, serve, start } from '../support/program.ts'
import { freePort, startRedis } from '../support/services.ts'
import { startSmtp } from '../support/smtp.ts'

const skip = modes.includes('server') ? false : 'server mode needs MariaDB and Redis'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
const migrate = (t: Test, settings: Record<string, string>) => start(t, process.execPath, [compiled('migrate')], settings, emptyFolder(t))

t.test('with a database and a Redis the program says so, and two processes are one service', { skip }, async t => {
  const settings = await deployment(t, 'server')
  // The development mailbox is in the process, so the code is where Sign was asked.
  const [one, two] = await Promise.all([serve(t, settings).url(), serve(t, settings).url()])
  t.match(await ask(`${one}/Auth/Sign`, alice), { body: { Code: 200 } })
  t.match(await ask(`${two}/Auth/Sign`, alice), { status: 429 })
  t.match(await ask(`${two}/Auth/Verify`, { ...alice, VerifyCode: await codeFrom(one, alice.Email) }), { body: { Code: 200 } })
  const { body } = await ask(`${one}/Auth/Login`, login)
  const bearer = { authorization: `Bearer ${String(body.Token)}` }
  t.match(await ask(`${two}/CheckJWTToken`, undefined, bearer), { status: 200 })
  t.match(await ask(`${one}/Auth/ResetPassword`, { Email: alice.Email }), { body: { Code: 200 } })
  t.match(await ask(`${two}/Auth/UpdatePassword`, { ...login, VerifyCode: await codeFrom(one, alice.Email) }), { body: { Code: 200 } })
  t.match(await ask(`${one}/CheckJWTToken`, undefined, bearer), { status: 401 }, 'revoked everywhere')
  t.match(await ask(`${two}/health`), { status: 200, body: { Checks: { Database: { Status: 'up' }, Redis: { Status: 'up' } } } })
})

t.test('the first line names mode, database and host; no password of theirs is logged', { skip }, async t => {
  const settings = await deployment(t, 'server')
  const program = serve(t, settings)
  await program.url()
  t.equal(program.log()[0]?.msg, `Dream Auth in server mode, database ${settings.DB_NAME} on 127.0.0.1`)
  t.notMatch(program.stdout(), settings.JWT_SECRET_KEY)
})

t.test('in production mails leave the house, and there is no development mailbox', { skip }, async t => {
  const smtp = await startSmtp(t)
  const program = serve(t, { ...await deployment(t, 'server'), ...smtp.settings, NODE_ENV: 'production', PASSWORD_HASH_ITERATIONS: '100000' })
  const url = await program.url()
  t.match(await ask(`${url}/Auth/Sign`, alice), { body: { Code: 200 } })
  const code = /\d{6}$/.exec(smtp.mails[0]?.subject ?? '')?.[0]
  t.match(await ask(`${url}/Auth/Verify`, { ...alice, VerifyCode: code }), { body: { Code: 200 } })
  t.match(await ask(`${url}/Auth/Login`, login), { body: { Code: 200 } })
  for (const path of ['/dev/mailbox', '/dev/mailbox.json']) t.match(await ask(url + path), { status: 404, body: { Code: 404 } }, path)
  t.notMatch(program.stdout(), /Mailbox/)
  t.notMatch(program.stdout(), new RegExp(`${code}|${alice.Email}|${alice.Password}`))
})

t.test('with DB_MIGRATE=false the start is refused until "migrate" has been run', { skip }, async t => {
  const settings = { ...await deployment(t, 'server'), DB_MIGRATE: 'false' }
  const refused = serve(t, settings)
  t.equal(await outcome(refused), 1)
  t.match(refused.stderr(), /^dream-auth cannot start: .*DB_MIGRATE.*\n$/)

  for (const time of ['first', 'second']) {
    const migration = migrate(t, settings)
    t.equal(await migration.ended, 0, `${time} time`)
    t.match(migration.stdout(), 'The database is up to date.')
    t.equal(migration.stderr(), '')
  }
  t.match(await ask(`${await serve(t, settings).url()}/health`), { status: 200 })
})

t.test('"migrate" fails in one line where the database is away or refuses the user', { skip }, async t => {
  const settings = await deployment(t, 'server')
  for (const [bad, says] of [[{ DB_PORT: String(await freePort()) }, /not reachable/], [{ DB_USER: 'nobody', DB_PASSWORD: 'hunter2-hunter2' }, /DB_USER/]] as const) {
    const migration = migrate(t, { ...settings, ...bad })
    t.equal(await migration.ended, 1)
    t.match(migration.stderr(), says)
    t.equal(migration.stderr().trimEnd().split('\n').length, 1, migration.stderr())
    t.notMatch(migration.stdout() + migration.stderr(), /hunter2/)
  }
})

t.test('a password that the database or Redis refuses stops the start with the name of its setting', { skip }, async t => {
  const settings = await deployment(t, 'server')
  const redis = await startRedis(emptyFolder(t))
  t.teardown(redis.stop)
  const client = new Redis(redis.port)
  await client.config('SET', 'requirepass', 'correct')
  client.disconnect()
  const REDIS_PORT = String(redis.port)
  const wrong: Array<[string, Record<string, string>]> = [
    ['DB_PASSWORD', { DB_USER: 'nobody', DB_PASSWORD: 'hunter2-hunter2' }],
    ['REDIS_PASSWORD', { REDIS_PORT, REDIS_PASSWORD: 'hunter2-hunter2' }],
    ['REDIS_PASSWORD', { REDIS_PORT }]
  ]
  for (const [key, given] of wrong) {
    const program = serve(t, { ...settings, ...given })
    t.equal(await outcome(program), 1, key)
    t.match(program.stderr(), new RegExp(`^dream-auth cannot start: .*${key}.*\n$`))
    t.notMatch(program.stderr() + program.stdout(), /hunter2/)
  }
})

t.test('a program that starts before its database and Redis listens all the same, and stops when told to', { skip }, async t => {
  const settings = await deployment(t, 'server')
  const program = serve(t, { ...settings, DB_PORT: String(await freePort()), REDIS_PORT: String(await freePort()) })
  const url = await program.url()
  t.match(await ask(`${url}/health`), { status: 503, body: { Code: 510 } })
  t.match(await ask(`${url}/health/live`), { status: 200 })
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
})

t.test('S2: killed in mid-Verify: no account, the code it had taken is good for nobody, and a new one makes the account', { skip }, async t => {
  const settings: Record<string, string> = { ...await deployment(t, 'server'), VERIFY_CODE_COOLDOWN: '1' }
  // A hash that takes so long that the process is certainly within it.
  const first = serve(t, { ...settings, PASSWORD_HASH_ITERATIONS: '10000000' })
  const url = await first.url()
  t.match(await ask(`${url}/Auth/Sign`, alice), { body: { Code: 200 } })
  const VerifyCode = await codeFrom(url, alice.Email)
  const verifying = ask(`${url}/Auth/Verify`, { ...alice, VerifyCode }).catch(() => 'cut')
  const redis = new Redis({ host: '127.0.0.1', port: Number(settings.REDIS_PORT), db: Number(settings.REDIS_DB) })
  t.teardown(() => { redis.disconnect() })
  await until(async () => {
    const [key] = await redis.keys('dream:code:*')
    return key !== undefined && await redis.hget(key, 'taken') === '1'
  })
  first.child.kill('SIGKILL')
  t.equal(await first.ended, 'SIGKILL')
  t.equal(await verifying, 'cut')

  const connection = await createConnection({ host: '127.0.0.1', port: Number(settings.DB_PORT), user: 'root', database: settings.DB_NAME ?? '' })
  t.teardown(() => connection.end())
  t.strictSame((await connection.query('SELECT * FROM Users'))[0], [], 'no half account')
  const again = await serve(t, settings).url()
  t.match(await ask(`${again}/Auth/Verify`, { ...alice, VerifyCode }), { body: { Code: 521 } })
  await sleep(1_000) // the cooldown
  await register(again, alice)
  t.match(await ask(`${again}/Auth/Login`, login), { body: { Code: 200 } })
})
