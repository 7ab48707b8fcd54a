import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { migrationsOf } from '../../src/stores/migrations.ts'
import { administered, oldDeployment, oldPassword, OLD_COLUMNS, structure } from './old-deployment.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const UTF8 = 'DEFAULT CHARACTER SET utf8mb4'

/** That a service works: somebody signs up and logs in. */
async function works (world: World, account = alice): Promise<boolean> {
  await world.register(account)
  return await world.login(account) !== ''
}

if (modes.includes('server')) {
  t.test('a missing database is created, brought up to date once, and left alone by the next start', async t => {
    const fresh = await administered(t)
    const first = await build(t, 'server', fresh.settings)
    t.ok(await works(first))
    t.match(first.log(), /brought up to date: 001-users\.sql, 002-account-keys\.sql, 003-events\.sql, 004-sessions\.sql, 005-pending-notices\.sql/)
    const before = await structure(fresh)
    const second = await build(t, 'server', fresh.settings)
    t.notMatch(second.log(), /brought up to date|adopted/)
    t.same(await structure(fresh), before)
    t.ok(await second.login(alice))
  })

  t.test('S2: a migration cut off after any of its steps is taken up again at the next start', async t => {
    const [users, keys] = migrationsOf('mysql')
    const whole = await administered(t, UTF8)
    await oldDeployment(whole, 3)
    await build(t, 'server', whole.settings)
    const expected = await structure(whole, 'Users')
    t.equal(keys?.statements.length, 6)
    for (let steps = 0; steps <= 6; steps++) {
      const cut = await administered(t, UTF8)
      await oldDeployment(cut, 3)
      await cut.rows(`CREATE TABLE DreamMigrations (Version INT NOT NULL PRIMARY KEY, Name VARCHAR(100) NOT NULL, AppliedAt DATETIME NOT NULL) ${UTF8}`)
      await cut.rows('INSERT INTO DreamMigrations VALUES (1, ?, UTC_TIMESTAMP())', [users?.name])
      for (const statement of keys?.statements.slice(0, steps) ?? []) await cut.rows(statement)
      const world = await build(t, 'server', cut.settings)
      t.same(await structure(cut, 'Users'), expected, `after ${steps} steps`)
      t.match(await world.post('/Auth/Login', { Email: 'user1@example.com', Password: oldPassword(1).typed }), { body: { Code: 200 } })
      t.match(await cut.rows('SELECT Version, Name FROM DreamMigrations ORDER BY Version'), [{ Version: 1 }, { Version: 2, Name: '002-account-keys.sql' }, { Version: 3, Name: '003-events.sql' }, { Version: 4, Name: '004-sessions.sql' }, { Version: 5, Name: '005-pending-notices.sql' }])
      await world.app.close()
    }
  })

  t.test('S2: an adoption cut off in the middle is taken up again at the next start', async t => {
    const cut = await administered(t, UTF8)
    await oldDeployment(cut, 1_200)
    await (await build(t, 'server', cut.settings)).app.close()
    const whole = await cut.rows('SELECT EmailKey, NameKey FROM Users ORDER BY UserID')
    await cut.rows('UPDATE Users SET EmailKey = NULL WHERE UserID > 400; UPDATE Users SET NameKey = NULL WHERE UserID > 399')
    const { log } = await build(t, 'server', cut.settings)
    t.match(log(), /801 existing accounts adopted/)
    t.same(await cut.rows('SELECT EmailKey, NameKey FROM Users ORDER BY UserID'), whole)
  })

  t.test('five processes that start at once on an empty server all come up, and each migration is applied once', async t => {
    const fresh = await administered(t)
    const worlds = await Promise.all(Array.from({ length: 5 }, () => build(t, 'server', fresh.settings)))
    t.equal(worlds.filter(({ log }) => /brought up to date/.test(log())).length, 1)
    t.equal((await fresh.rows(`SELECT * FROM ${fresh.name}.DreamMigrations`)).length, 5)
    for (const [i, world] of worlds.entries()) t.ok(await works(world, { ...alice, Name: `Alice ${i}`, Email: `alice${i}@example.com` }))
  })

  t.test('three processes that start at once on an existing deployment all come up, and it is adopted whole', async t => {
    const old = await administered(t, UTF8)
    await oldDeployment(old, 1_000)
    const before = await old.rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`)
    const worlds = await Promise.all(Array.from({ length: 3 }, () => build(t, 'server', old.settings)))
    t.same(await old.rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`), before)
    t.same(await old.rows('SELECT COUNT(*) AS Lacking FROM Users WHERE EmailKey IS NULL OR NameKey IS NULL'), [{ Lacking: 0 }])
    for (const { post, log } of worlds) {
      t.match(await post('/Auth/Login', { Email: 'user7@example.com', Password: oldPassword(7).typed }), { body: { Code: 200, UserID: 7 } })
      t.notMatch(log(), /share an e-mail|share a name/)
    }
  })

  t.test('a process that migrates waits for another that does, rather than work beside it', async t => {
    const fresh = await administered(t, UTF8)
    await fresh.rows('SELECT GET_LOCK(?, 0)', [`dream_migrate_${fresh.name}`])
    const starting = build(t, 'server', fresh.settings)
    const waiting = async (): Promise<boolean> => (await fresh.rows("SELECT 1 FROM information_schema.PROCESSLIST WHERE INFO LIKE CONCAT('SELECT GET_LOCK(', QUOTE(?), '%')", [`dream_migrate_${fresh.name}`])).length > 0
    while (!await waiting()) await new Promise(resolve => { setTimeout(resolve, 20) })
    t.same(await fresh.rows('SHOW TABLES'), [], 'nothing is changed meanwhile')
    await fresh.rows('SELECT RELEASE_LOCK(?)', [`dream_migrate_${fresh.name}`])
    t.ok(await works(await starting))
  })

  t.test('DB_MIGRATE=false refuses to start when behind, names what is lacking and changes nothing', async t => {
    const old = await administered(t, UTF8)
    await oldDeployment(old, 3)
    const before = await structure(old)
    await t.rejects(build(t, 'server', { ...old.settings, DB_MIGRATE: 'false' }), /DB_MIGRATE is false .*001-users\.sql, 002-account-keys\.sql, 003-events\.sql, 004-sessions\.sql, 005-pending-notices\.sql/)
    t.same(await structure(old), before)
    await (await build(t, 'server', old.settings)).app.close()
    await old.rows('DELETE FROM DreamMigrations WHERE Version = 2')
    await t.rejects(build(t, 'server', { ...old.settings, DB_MIGRATE: 'false' }), /DB_MIGRATE is false and the database lacks 002-account-keys\.sql:/)
  })

  t.test('DB_MIGRATE=false starts when up to date', async t => {
    const fresh = await administered(t)
    await (await build(t, 'server', fresh.settings)).app.close()
    t.ok(await works(await build(t, 'server', { ...fresh.settings, DB_MIGRATE: 'false' })))
  })

  t.test('a database migrated by a later version than this one is left as it is', async t => {
    const fresh = await administered(t)
    await (await build(t, 'server', fresh.settings)).app.close()
    await fresh.rows(`INSERT INTO ${fresh.name}.DreamMigrations VALUES (999, '999-later.sql', UTC_TIMESTAMP()); ALTER TABLE ${fresh.name}.Users ADD COLUMN Later INT NULL`)
    const before = await structure(fresh)
    t.ok(await works(await build(t, 'server', { ...fresh.settings, DB_MIGRATE: 'false' })))
    t.same(await structure(fresh), before)
  })
}

t.test('migrations are numbered alike in both dialects, without gaps', async t => {
  const [mysql, sqlite] = [migrationsOf('mysql'), migrationsOf('sqlite')]
  t.same(mysql.map(({ version }) => version), mysql.map((_, i) => i + 1))
  t.same(sqlite.map(({ name }) => name), mysql.map(({ name }) => name))
  for (const { name, statements } of [...mysql, ...sqlite]) t.ok(statements.length > 0 && statements.every(statement => /^(CREATE|ALTER)\b/.test(statement)), name)
})
