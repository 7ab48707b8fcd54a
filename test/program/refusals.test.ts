import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ask, emptyFolder, outcome, serve, type Program } from '../support/program.ts'

/** Exit code 1 and one line, which names the setting and does not repeat its value. */
async function refuses (t: Test, program: Program, key: string, value?: string): Promise<void> {
  t.equal(await outcome(program), 1)
  const lines = program.stderr().trimEnd().split('\n')
  t.equal(lines.length, 1, program.stderr())
  t.match(lines[0], new RegExp(`^dream-auth cannot start: .*\\b${key}\\b`))
  if (value !== undefined) t.notOk((program.stderr() + program.stdout()).includes(value), 'the value is not shown')
}

const smtp = { EMAIL_SMTP_SERVER: 'smtp.example.com', EMAIL_SENDER: 'a@example.com' }
const bad: Array<[what: string, key: string, value: string, others?: Record<string, string>]> = [
  ['a port that is no number', 'PORT', '70000.5'],
  ['a log level that does not exist', 'LOG_LEVEL', 'loquacious'],
  ['a database name that is SQL', 'DB_NAME', 'dream; DROP DATABASE x'],
  ['a code that would live too long', 'VERIFY_CODE_TTL', '4242'],
  ['a key that is too short', 'JWT_SECRET_KEY', 'tooshort-7b1'],
  ['a key copied from an example', 'JWT_SECRET_KEY', 'your-secret-key-change-me-in-production-please'],
  ['no key in server mode', 'JWT_SECRET_KEY', '', { DB_HOST: '127.0.0.1' }],
  ['no mail server in production', 'EMAIL_SMTP_SERVER', '', { NODE_ENV: 'production' }],
  ['no mail password', 'EMAIL_PASSWORD', '', smtp],
  ['a cheap hash in production', 'PASSWORD_HASH_ITERATIONS', '4321', { NODE_ENV: 'production', ...smtp, EMAIL_PASSWORD: 'x' }],
  ['half an administrator', 'BOOTSTRAP_ADMIN_PASSWORD', '', { BOOTSTRAP_ADMIN_EMAIL: 'root@example.com' }],
  ['an address of another machine', 'HOST', '203.0.113.77']
]

t.jobs = 2
for (const [what, key, value, others = {}] of bad) {
  t.test(`F1: ${what} stops the start with the name of ${key}`, { buffered: true }, async t => {
    await refuses(t, serve(t, { ...others, [key]: value }), key, value === '' ? undefined : value)
  })
}

t.test('F1: a bad value in .env stops the start as one of the environment does', { buffered: true }, async t => {
  const folder = emptyFolder(t)
  writeFileSync(join(folder, '.env'), 'JWT_EXPIRES_IN=until-christmas\n')
  await refuses(t, serve(t, {}, folder), 'JWT_EXPIRES_IN', 'until-christmas')
})

t.test('F1: a port that another program has stops the start', { buffered: true }, async t => {
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.close() })
  await refuses(t, serve(t, { PORT: String((server.address() as AddressInfo).port) }), 'PORT')
})

t.test('a second process on the same data folder is refused, the first goes on, and a third may follow it', { buffered: true }, async t => {
  const folder = emptyFolder(t)
  const first = serve(t, {}, folder)
  const url = await first.url()
  await refuses(t, serve(t, {}, folder), 'DATA_DIR')
  t.match(await ask(`${url}/health`), { status: 200 })
  first.child.kill('SIGTERM')
  t.equal(await first.ended, 0)
  const third = serve(t, {}, folder)
  t.match(await ask(`${await third.url()}/health`), { status: 200 })
})
