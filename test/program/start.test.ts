import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { digest } from '../helper.ts'
import { ask, codeFrom, compiled, emptyFolder, register, serve, start } from '../support/program.ts'
import { find } from '../support/services.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }

/** Whether the default port is free on this machine. */
async function isFree (port: number): Promise<boolean> {
  const server = createServer()
  const free = await new Promise<boolean>(resolve => {
    server.once('error', () => { resolve(false) })
    server.listen(port, '127.0.0.1', () => { resolve(true) })
  })
  if (free) await new Promise(resolve => { server.close(resolve) })
  return free
}

t.test('started in an empty folder without any setting, a person signs up, logs in and resets the password', async t => {
  const folder = emptyFolder(t)
  // Nothing but the program; the port is named only where something else has the default one.
  const program = start(t, process.execPath, [compiled('server')], await isFree(8888) ? {} : { PORT: '0' }, folder)
  const url = await program.url()
  t.match(url, /^http:\/\/127\.0\.0\.1:\d+$/, 'for this machine alone')

  t.match(await ask(`${url}/health`), { status: 200, body: { Code: 200, Status: 'up' } })
  t.match(await ask(`${url}/Auth/Sign`, alice), { status: 200, body: { Code: 200, Msg: '成功' } })
  t.match(await ask(`${url}/Auth/Verify`, { ...alice, VerifyCode: await codeFrom(url, alice.Email) }), { body: { Code: 200 } })
  const { body } = await ask(`${url}/Auth/Login`, login)
  t.match(body, { Code: 200, Token: String, UserID: 1 })
  t.match(await ask(`${url}/CheckJWTToken`, undefined, { authorization: `Bearer ${String(body.Token)}` }), { status: 200, body: { Code: 200 } })
  t.match(await ask(`${url}/Auth/ResetPassword`, { Email: alice.Email, Password: '' }), { body: { Code: 200 } })
  t.match(await ask(`${url}/Auth/UpdatePassword`, { Email: alice.Email, Password: digest('another'), VerifyCode: await codeFrom(url, alice.Email) }), { body: { Code: 200 } })
  t.match(await ask(`${url}/CheckJWTToken`, undefined, { authorization: `Bearer ${String(body.Token)}` }), { status: 401 })
  t.match(await ask(`${url}/docs`), { status: 200 })
  t.match(await ask(`${url}/openapi.json`), { status: 200, body: { openapi: '3.0.3' } })

  t.strictSame(readdirSync(folder), ['data'], 'it writes to its data folder alone')
  t.equal(statSync(join(folder, 'data')).mode & 0o777, 0o700)
  for (const file of ['jwt-secret.key', 'dream.db']) t.equal(statSync(join(folder, 'data', file)).mode & 0o777, 0o600, file)
})

t.test('the first lines of the log say the mode, the address, and where docs, account pages and mailbox are', async t => {
  const program = serve(t)
  const url = await program.url()
  await program.says('Mailbox  ')
  const lines = program.log().map(({ msg }) => msg).filter(line => !line.startsWith('database brought up'))
  t.match(lines.slice(0, 5), [/^Dream Auth in embedded mode, data in \.\/data/, `Address  ${url}`, `Docs     ${url}/docs`, `Account  ${url}/account`, `Mailbox  ${url}/dev/mailbox`])
  t.equal(program.stderr(), '')
  for (const line of program.log().slice(0, 5)) t.equal(line.level, 30)
  for (const [, page] of program.stdout().matchAll(/(http:\/\/[^\s"]+\/(?:docs|account|dev\/mailbox))/g)) t.match(await ask(page ?? ''), { status: 200 }, String(page))
})

t.test('G3: the log of a machine is one JSON object a line, with the time and without secrets', async t => {
  const program = serve(t, { DEBUG: 'True' })
  const url = await program.url()
  await register(url, alice)
  const { body } = await ask(`${url}/Auth/Login`, login)
  await program.says(/"route":"\/Auth\/Login"/)
  const lines = program.stdout().trim().split('\n')
  t.equal(program.log().length, lines.length)
  for (const line of program.log()) t.match(line, { level: Number, time: Number, msg: String, pid: program.child.pid })
  t.notMatch(program.stdout(), new RegExp(`${alice.Password}|${String(body.Token)}|${alice.Email}`))
})

const noTerminal = find('script') === undefined || process.platform !== 'linux' ? 'needs the program "script" of util-linux to make a terminal' : false
t.test('on a terminal the log is readable, and Ctrl+C ends the program', { skip: noTerminal }, async t => {
  const program = start(t, 'script', ['-qec', `exec "${process.execPath}" "${compiled('server')}"`, '/dev/null'], { PORT: '0', TERM: 'xterm' }, emptyFolder(t))
  await program.says('Mailbox  ')
  // eslint-disable-next-line no-control-regex
  const lines = program.stdout().replaceAll(/\x1b\[\d*m/g, '').trim().split(/\r?\n/)
  t.match(lines[0], /^\[\d\d:\d\d:\d\d\] INFO: Dream Auth in embedded mode/)
  t.strictSame(program.log(), [])
  program.child.stdin?.write('\x03')
  t.equal(await program.ended, 0)
})

t.test('a .env file in the working directory is read, and the environment wins over it', async t => {
  const folder = emptyFolder(t)
  writeFileSync(join(folder, '.env'), 'DATA_DIR="./elsewhere"\nJWT_ISSUER=from-the-file\nLOG_LEVEL=silent\n')
  const program = serve(t, { LOG_LEVEL: 'info' }, folder)
  const url = await program.url()
  t.ok(existsSync(join(folder, 'elsewhere', 'dream.db')))
  t.notOk(existsSync(join(folder, 'data')))
  await register(url, alice)
  const { body } = await ask(`${url}/Auth/Login`, login)
  t.match(JSON.parse(Buffer.from(String(body.Token).split('.')[1] ?? '', 'base64url').toString()), { iss: 'from-the-file' })
})
