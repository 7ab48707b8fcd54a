import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { buildApp } from '../../src/app.ts'
import { ConfigError, loadConfig } from '../../src/config.ts'

const KEY = 'a key for tests: 9f2b7c41e8d05a63b1f4'

function folder (t: Test): string {
  const path = mkdtempSync(join(tmpdir(), 'dream-config-'))
  t.teardown(() => { rmSync(path, { recursive: true, force: true }) })
  return path
}

/** The start over this folder is refused by a line that names DATA_DIR and does not show where it is. */
async function refuses (t: Test, settings: { DATA_DIR: string, JWT_SECRET_KEY?: string }, why: string): Promise<void> {
  const start = async (): Promise<void> => { await (await buildApp(loadConfig(settings))).close() }
  const error: unknown = await start().then(() => undefined, (thrown: unknown) => thrown)
  t.ok(error instanceof ConfigError && /^DATA_DIR\b/.test(error.message), `${why}: ${String(error)}`)
  t.notOk(String(error).includes(settings.DATA_DIR), `${why}: the value is not shown`)
}

t.test('the key of embedded mode is made once, for the owner\'s eyes only', async t => {
  const parent = folder(t)
  const DATA_DIR = join(parent, 'deep', 'data')
  const { JWT_SECRET_KEY } = loadConfig({ DATA_DIR })
  t.ok(Buffer.byteLength(JWT_SECRET_KEY) >= 32)
  t.equal(loadConfig({ DATA_DIR }).JWT_SECRET_KEY, JWT_SECRET_KEY)
  t.not(loadConfig({ DATA_DIR: join(parent, 'other') }).JWT_SECRET_KEY, JWT_SECRET_KEY)
  t.equal(statSync(DATA_DIR).mode & 0o777, 0o700)
  t.equal(statSync(join(DATA_DIR, 'jwt-secret.key')).mode & 0o777, 0o600)
})

t.test('T2: a generated key that was cut short stops the start', async t => {
  const DATA_DIR = folder(t)
  writeFileSync(join(DATA_DIR, 'jwt-secret.key'), 'cut')
  await refuses(t, { DATA_DIR }, 'cut short')
})

t.test('F1: a DATA_DIR that cannot be a folder, or whose database cannot be opened, stops the start', async t => {
  const file = join(folder(t), 'file')
  writeFileSync(file, '')
  const blocked = folder(t)
  mkdirSync(join(blocked, 'dream.db'))
  for (const [DATA_DIR, why] of [[file, 'a file'], [join(file, 'below'), 'below a file'], [blocked, 'the database is a folder']] as const) {
    await refuses(t, { DATA_DIR }, why)
    await refuses(t, { DATA_DIR, JWT_SECRET_KEY: KEY }, `${why}, with a key of its own`)
  }
})

t.test('a .env that is there but cannot be read stops the start', async t => {
  t.throws(() => loadConfig({ JWT_SECRET_KEY: KEY }, folder(t)), /^\.env cannot be read/)
})
