import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { ConfigError } from '../../src/config.ts'
import { root } from '../../src/root.ts'
import { build, deployment, digest } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const SERVER = fileURLToPath(new URL('dist/server.js', root))

/** The compiled program with these settings and nothing of ours. */
const environment = (settings: Record<string, string>): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, ...settings })

/** Starts the compiled program and waits until it says where it listens. */
async function run (t: Test, settings: Record<string, string>): Promise<{ kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [SERVER], { env: environment(settings), cwd: settings.DATA_DIR, stdio: ['ignore', 'pipe', 'pipe'] })
  const exited = new Promise<void>(resolve => { child.once('exit', () => { resolve() }) })
  const kill = (): Promise<void> => { child.kill('SIGKILL'); return exited }
  t.teardown(kill)
  await new Promise<void>((resolve, reject) => {
    let output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', chunk => {
        output += String(chunk)
        if (/Address +http/.test(output)) resolve()
      })
    }
    child.once('exit', () => { reject(new Error(`it did not start: ${output}`)) })
  })
  return { kill }
}

t.test('what a folder holds is there again after a restart: accounts, hashes, and tokens that stay valid', async t => {
  const settings = await deployment(t, 'embedded')
  const first = await build(t, 'embedded', settings)
  await first.register(alice)
  const authorization = `Bearer ${await first.login(alice)}`
  const before = await first.rows('SELECT * FROM Users')
  t.match(first.log(), /brought up to date: 001-users\.sql, 002-account-keys\.sql, 003-events\.sql, 004-sessions\.sql, 005-pending-notices\.sql/)
  await first.app.close()

  const second = await build(t, 'embedded', settings)
  t.notMatch(second.log(), /brought up to date|adopted/)
  t.same(await second.rows('SELECT * FROM Users'), before)
  t.match(await second.get('/CheckJWTToken', { headers: { authorization } }), { status: 200, headers: { 'x-auth-user-id': '1' } })
  t.ok(await second.login(alice))
  await second.app.close()
  t.ok(await build(t, 'embedded', { ...settings, DB_MIGRATE: 'false' }))
})

t.test('what is in a folder is for the eyes of its owner alone', async t => {
  const { DATA_DIR: parent = '', ...common } = await deployment(t, 'embedded')
  const DATA_DIR = join(parent, 'data')
  const world = await build(t, 'embedded', { ...common, DATA_DIR })
  await world.register(alice)
  t.equal(statSync(DATA_DIR).mode & 0o777, 0o700)
  const files = readdirSync(DATA_DIR)
  for (const name of ['dream.db', 'dream.db-wal', 'jwt-secret.key']) t.ok(files.includes(name), name)
  for (const name of files) t.equal(statSync(join(DATA_DIR, name)).mode & 0o077, 0, name)
})

t.test('a database that others may read is closed to them at the next start', async t => {
  const settings = await deployment(t, 'embedded')
  await (await build(t, 'embedded', settings)).app.close()
  const file = join(String(settings.DATA_DIR), 'dream.db')
  chmodSync(file, 0o644)
  await build(t, 'embedded', settings)
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a second app on the same folder is refused by DATA_DIR; it may start when the first has ended', async t => {
  const settings = await deployment(t, 'embedded')
  const first = await build(t, 'embedded', settings)
  for (let i = 0; i < 3; i++) {
    const error: unknown = await build(t, 'embedded', settings).then(() => undefined, (thrown: unknown) => thrown)
    t.ok(error instanceof ConfigError && /^DATA_DIR is in use/.test(error.message), String(error))
  }
  await first.register(alice)
  await first.app.close()
  t.ok(await (await build(t, 'embedded', settings)).login(alice))
})

t.test('a second process on the same folder ends with code 1 and one line about DATA_DIR, and disturbs the first in nothing', async t => {
  const settings = await deployment(t, 'embedded')
  const first = await build(t, 'embedded', settings)
  const { status, stderr } = spawnSync(process.execPath, [SERVER], { env: environment(settings), cwd: settings.DATA_DIR, encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stderr, /^dream-auth cannot start: DATA_DIR is in use[^\n]*\n$/)
  await first.register(alice)
  t.ok(await first.login(alice))
})

t.test('S2: a process that is killed leaves a folder that the next one can use', async t => {
  const settings = await deployment(t, 'embedded')
  const { kill } = await run(t, settings)
  await t.rejects(build(t, 'embedded', settings), /^DATA_DIR is in use/)
  await kill()
  const world = await build(t, 'embedded', settings)
  await world.register(alice)
  t.ok(await world.login(alice))
})

t.test('DB_MIGRATE=false on a new folder ends with code 1 and one line that names the setting and what is lacking', async t => {
  const settings: Record<string, string> = { ...await deployment(t, 'embedded'), DB_MIGRATE: 'false' }
  await t.rejects(build(t, 'embedded', settings), /DB_MIGRATE is false and the database lacks 001-users\.sql, 002-account-keys\.sql, 003-events\.sql, 004-sessions\.sql, 005-pending-notices\.sql/)
  const { status, stderr } = spawnSync(process.execPath, [SERVER], { env: environment({ ...settings, DATA_DIR: join(String(settings.DATA_DIR), 'other') }), cwd: settings.DATA_DIR, encoding: 'utf8' })
  t.equal(status, 1)
  t.match(stderr, /^dream-auth cannot start: [^\n]*DB_MIGRATE[^\n]*001-users\.sql[^\n]*\n$/)
})
