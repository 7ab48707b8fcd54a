import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { build, digest, file, modes } from '../helper.ts'
import { find } from '../support/services.ts'
import { administered, oldDeployment, OLD_COLUMNS, structure, type Administered } from './old-deployment.ts'

/** Runs `sql/ddl.sql` as its first lines say, under another name for the database. */
function source (t: Test, { name }: Administered): void {
  const folder = mkdtempSync(join(tmpdir(), 'dream-ddl-'))
  t.teardown(() => { rmSync(folder, { recursive: true }) })
  const text = file('sql/ddl.sql')
  const named = text.replace(/(DATABASE IF NOT EXISTS |USE )dream\b/g, `$1${name}`).replaceAll("'dream'", `'${name}'`)
  if (/\bdream\b(?!_)/i.test(named.replace(/^--.*$/gm, ''))) throw new Error('ddl.sql names its database in a place this test does not know')
  writeFileSync(join(folder, 'ddl.sql'), named)
  const client = find('mariadb') ?? 'mysql'
  const run = spawnSync(client, ['--no-defaults', '--host=127.0.0.1', `--port=${process.env.TEST_DB_PORT}`, '--user=root', `--execute=source ${join(folder, 'ddl.sql')}`], { encoding: 'utf8' })
  t.match(run, { status: 0, stderr: '' }, `${run.stdout}${run.stderr}`)
}

if (modes.includes('server')) {
  t.test('a database made by sql/ddl.sql is, column for column and index for index, the one that migrations make', async t => {
    const [made, migrated] = [await administered(t), await administered(t)]
    source(t, made)
    await build(t, 'server', migrated.settings)
    const expected = await structure(migrated)
    t.same(await structure(made), expected)
    t.match(expected.tables, [{ TABLE_NAME: 'DreamMigrations' }, { TABLE_NAME: 'Events' }, { TABLE_NAME: 'FormerEmails' }, { TABLE_NAME: 'PendingNotices' }, { TABLE_NAME: 'Sessions' }, { TABLE_NAME: 'Users' }])
    t.equal(expected.columns?.filter(({ TABLE_NAME }) => TABLE_NAME === 'Users').length, 16)
    t.same(await made.rows(`SELECT Version, Name FROM ${made.name}.DreamMigrations ORDER BY Version`), await migrated.rows(`SELECT Version, Name FROM ${migrated.name}.DreamMigrations ORDER BY Version`), 'and all migrations count as applied')
  })

  t.test('the service starts on it without being allowed to migrate, and works', async t => {
    const made = await administered(t)
    source(t, made)
    const world = await build(t, 'server', { ...made.settings, DB_MIGRATE: 'false' })
    const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
    await world.register(alice)
    t.ok(await world.login(alice))
  })

  t.test('running sql/ddl.sql again changes nothing', async t => {
    const made = await administered(t)
    source(t, made)
    await made.rows(`USE ${made.name}`)
    await made.rows("INSERT INTO Users (UserName, Email, Password) VALUES ('Alice', 'alice@example.com', 'x')")
    const everything = async (): Promise<unknown> => [await structure(made), await made.rows('SELECT * FROM Users'), await made.rows('SELECT * FROM DreamMigrations')]
    const before = await everything()
    source(t, made)
    t.same(await everything(), before)
  })

  t.test('sql/ddl.sql over an older table leaves it as it is and does not call its migrations applied', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
    await oldDeployment(old, 20)
    const before = [await structure(old, 'Users'), await old.rows('SELECT * FROM Users ORDER BY UserID'), await old.rows('SELECT * FROM Dreams ORDER BY DreamID')]
    source(t, old)
    t.same([await structure(old, 'Users'), await old.rows('SELECT * FROM Users ORDER BY UserID'), await old.rows('SELECT * FROM Dreams ORDER BY DreamID')], before)
    t.same(await old.rows('SELECT * FROM DreamMigrations'), [])
    await build(t, 'server', old.settings)
    t.same((await old.rows('SELECT Version FROM DreamMigrations ORDER BY Version')).map(({ Version }) => Version), [1, 2, 3, 4, 5], 'the next start brings it up to date')
    t.same(await old.rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`), before[1])
  })
}

t.test('the embedded database has the columns of sql/ddl.sql, in the same order', async t => {
  const { rows } = await build(t, 'embedded')
  for (const table of ['Users', 'Sessions', 'FormerEmails', 'Events', 'PendingNotices', 'DreamMigrations']) {
    const [, body = ''] = new RegExp(`CREATE TABLE IF NOT EXISTS ${table} \\((.*?)^\\)`, 'ms').exec(file('sql/ddl.sql')) ?? []
    const columns = body.trim().split('\n').map(line => line.trim().split(' ')[0]).filter(name => name !== 'UNIQUE' && name !== 'INDEX')
    t.ok(columns.length >= 3)
    t.same((await rows(`SELECT name FROM pragma_table_info('${table}')`)).map(({ name }) => name), columns)
  }
})
