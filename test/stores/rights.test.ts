import t, { type Test } from 'tap'
import { ConfigError } from '../../src/config.ts'
import { build, digest, modes } from '../helper.ts'
import { until } from '../support/faults.ts'
import { administered, oldDeployment, oldPassword, userWith } from './old-deployment.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }

/** The start is refused by one line that names the settings and shows neither password nor the server's words. */
async function refuses (t: Test, settings: Record<string, string>, ...keys: string[]): Promise<void> {
  const error: unknown = await build(t, 'server', settings).then(() => undefined, (thrown: unknown) => thrown)
  t.ok(error instanceof ConfigError, String(error))
  for (const key of keys) t.match(String(error), new RegExp(`\\b${key}\\b`))
  for (const key of ['DB_PASSWORD', 'DB_USER', 'DB_NAME']) t.notOk(String(error).includes(settings[key] || 'undefined'), `${key} is not shown: ${String(error)}`)
  t.notMatch(String(error), /\n|denied|Access/)
}

if (modes.includes('server')) {
  t.test('F1: a wrong password, or none, stops the start', async t => {
    const fresh = await administered(t)
    const settings = await userWith(t, fresh, 'ALL')
    await refuses(t, { ...settings, DB_PASSWORD: 'not the password of the user' }, 'DB_USER', 'DB_PASSWORD')
    await refuses(t, { ...settings, DB_USER: 'nobody_at_all', DB_PASSWORD: 'not the password of the user' }, 'DB_USER', 'DB_PASSWORD')
    await refuses(t, { ...settings, DB_PASSWORD: '' }, 'DB_USER', 'DB_PASSWORD')
  })

  t.test('F1: a missing database that the user may not create stops the start', async t => {
    const fresh = await administered(t)
    await refuses(t, await userWith(t, fresh, undefined), 'DB_NAME')
    t.same(await fresh.rows('SHOW DATABASES LIKE ?', [fresh.name]), [])
  })

  t.test('F1: a database that the user has no rights to stops the start', async t => {
    await refuses(t, await userWith(t, await administered(t, 'DEFAULT CHARACTER SET utf8mb4'), undefined), 'DB_NAME')
  })

  t.test('F1: a database that is behind and that the user may not alter stops the start, rather than be tried for ever', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
    await oldDeployment(old, 3)
    await refuses(t, await userWith(t, old, 'SELECT, INSERT, UPDATE, DELETE'), 'DB_USER')
  })

  t.test('F3: SELECT, INSERT, UPDATE and DELETE on the one database are enough to run', async t => {
    const fresh = await administered(t)
    await (await build(t, 'server', fresh.settings)).app.close()
    const world = await build(t, 'server', { ...await userWith(t, fresh, 'SELECT, INSERT, UPDATE, DELETE'), DB_MIGRATE: 'false' })
    await world.register(alice)
    const authorization = `Bearer ${await world.login(alice)}`
    t.match(await world.get('/CheckJWTToken', { headers: { authorization } }), { status: 200 })
    t.match(await world.post('/Auth/ResetPassword', { Email: alice.Email }), { body: { Code: 200 } })
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('another'), VerifyCode: await world.codeFor(alice.Email) }), { body: { Code: 200 } })
    t.match(await world.get('/health'), { status: 200 })
  })

  t.test('F3: a database user without the right to DELETE is warned at the start, and a notice that stays for want of it is mailed once', async t => {
    const fresh = await administered(t)
    await (await build(t, 'server', fresh.settings)).app.close()
    const world = await build(t, 'server', { ...await userWith(t, fresh, 'SELECT, INSERT, UPDATE'), NOTIFY_NEW_NETWORK: 'false' })
    await until(async () => /notices that are over could not be deleted, which takes the right to DELETE/.test(world.log()))
    await world.register(alice)
    const [row] = await world.rows('SELECT UserID FROM Users')
    world.app.notices.tell('new_network', 'en', { to: alice.Email, at: Date.now(), network: '203.0.113.7' }, Number(row?.UserID))
    const notices = async (): Promise<number> => (await world.mails()).filter(({ subject }) => /new network/.test(subject)).length
    await until(async () => await notices() === 1)
    await world.pass(3_600_000)
    await world.app.outbox.look()
    t.equal(await notices(), 1)
    t.match(await world.rows('SELECT HandedOverAt FROM PendingNotices'), [{ HandedOverAt: String }])
  })

  t.test('F3: with CREATE, ALTER and INDEX besides, on the one database, an old deployment is brought up to date', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
    await oldDeployment(old, 3)
    const world = await build(t, 'server', await userWith(t, old, 'SELECT, INSERT, UPDATE, CREATE, ALTER, INDEX'))
    await world.register(alice)
    t.ok(await world.login({ Email: 'user1@example.com', Password: oldPassword(1).typed }))
  })

  t.test('a user with every right on a database that is not there yet creates it', async t => {
    const world = await build(t, 'server', await userWith(t, await administered(t), 'ALL'))
    await world.register(alice)
    t.ok(await world.login(alice))
  })
}

t.test('embedded: without DB_HOST no other setting of the database is looked at', async t => {
  const world = await build(t, 'embedded', { DB_PORT: '1', DB_USER: 'nobody_at_all', DB_PASSWORD: 'wrong', DB_NAME: 'missing', DB_TLS: 'true' })
  await world.register(alice)
  t.ok(await world.login(alice))
})
