import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { deployment, digest, modes } from '../helper.ts'
import { ask, compiled, emptyFolder, register, serve, start } from '../support/program.ts'
import { freePort } from '../support/services.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const credentials = ({ Email, Password }: typeof alice): object => ({ Email, Password })
const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` })

interface Ended { code: unknown, stdout: string, stderr: string }

/** Runs the program to its end. */
async function user (t: Test, settings: Record<string, string>, args: string[], input = ''): Promise<Ended> {
  const program = start(t, process.execPath, [compiled('user'), ...args], settings, emptyFolder(t))
  program.child.stdin?.end(input)
  return { code: await program.ended, stdout: program.stdout(), stderr: program.stderr() }
}

/** Milliseconds until a token is refused, asked every few. */
async function refusedAfter (url: string, token: unknown): Promise<number> {
  const since = performance.now()
  while ((await ask(`${url}/CheckJWTToken`, undefined, bearer(token))).status !== 401) {
    if (performance.now() - since > 20_000) throw new Error('never refused')
    await sleep(20)
  }
  return performance.now() - since
}

for (const mode of modes) {
  t.test(`${mode}: T6: beside the running service, what is disabled or revoked from a shell is refused there within a second`, async t => {
    const settings = await deployment(t, mode)
    const url = await serve(t, settings).url()
    await register(url, alice)
    const login = async (): Promise<unknown> => (await ask(`${url}/Auth/Login`, credentials(alice))).body.Token
    const token = await login()
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(token)), { status: 200 })
    t.match(await user(t, settings, ['disable', ' ALICE@example.com']), { code: 0, stdout: /^Account \d+ \(alice@example\.com\) is disabled, and its sessions have ended\.\n$/, stderr: '' })
    const ms = await refusedAfter(url, token)
    t.ok(ms < 1_000, `${ms} ms`)
    t.match(await ask(`${url}/Auth/Login`, credentials(alice)), { body: { Code: 501 } })
    t.match(await user(t, settings, ['enable', 'alice@example.com']), { code: 0 })
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(token)), { status: 401 })
    const second = await login()
    t.match(await ask(`${url}/CheckJWTToken`, undefined, bearer(second)), { status: 200 })
    const { stdout } = await user(t, settings, ['revoke', 'alice@example.com', '--json'])
    t.match(JSON.parse(stdout), { User: { Email: 'alice@example.com', Disabled: false } })
    t.ok(await refusedAfter(url, second) < 1_000)
  })

  t.test(`${mode}: accounts are made, shown, listed, promoted and deleted from a shell`, async t => {
    const settings = await deployment(t, mode)
    const made = await user(t, settings, ['create', '--email', ' Root@example.com', '--name', 'Root', '--admin', '--json'])
    t.match(made, { code: 0, stderr: '' })
    const { User, Password } = JSON.parse(made.stdout)
    t.match(User, { Name: 'Root', Email: 'root@example.com', Role: 'super_admin' })
    t.match(await user(t, settings, ['create', '--email', 'bob@example.com', '--name', 'Bob', '--password-stdin'], 'typed by somebody\n'), { code: 0, stdout: /^Account \d+ \(bob@example\.com\) is made\.\n$/ })
    t.match(await user(t, settings, ['create', '--email', 'bob@example.com', '--name', 'Robert']), { code: 1, stderr: 'user: the e-mail is taken\n', stdout: '' })
    t.match(await user(t, settings, ['create', '--email', 'b@example.com', '--name', 'BOB']), { code: 1, stderr: 'user: the name is taken\n' })
    t.match(await user(t, { ...settings, PASSWORD_DENYLIST: 'on' }, ['create', '--email', 'c@example.com', '--name', 'C', '--password-stdin'], '12345678\n'), { code: 1, stderr: /^user: the password is a common one/ })
    t.match(await user(t, settings, ['list']), { code: 0, stdout: /^UserID +Role +Standing +Last login +E-mail +Name\n\d+ +super_admin +enabled +never +root@example\.com +Root\n\d+ +user +enabled +never +bob@example\.com +Bob\n$/ })
    t.match(JSON.parse((await user(t, settings, ['list', '--limit', '1', '--json'])).stdout), { Users: [{ Email: 'root@example.com' }], Next: String(User.UserID) })
    t.match(JSON.parse((await user(t, settings, ['list', '--search', 'nobody', '--json'])).stdout), { Users: [] })
    t.match(await user(t, settings, ['grant', 'root@example.com', '--role', 'user']), { code: 1, stderr: /last super administrator/ })
    t.match(await user(t, settings, ['grant', 'bob@example.com']), { code: 0, stdout: /is now super_admin/ })
    t.match(await user(t, settings, ['delete', String(User.UserID)], 'no\n'), { code: 1, stderr: /nothing was deleted/ })
    t.match(await user(t, settings, ['delete', String(User.UserID)]), { code: 1, stderr: /nothing was deleted/ })
    const url = await serve(t, settings).url()
    t.match(await ask(`${url}/Auth/Login`, { Email: 'root@example.com', Password }), { body: { Code: 202 } }, 'the password that was shown is the one')
    const { body: { Token } } = await ask(`${url}/Auth/Login`, { Email: 'bob@example.com', Password: 'typed by somebody' })
    t.match(await ask(`${url}/Admin/Events?Type=creation`, undefined, bearer(Token)), { body: { Events: [{ Reason: 'shell', Network: null }, { Reason: 'shell' }] } })
    t.match(await user(t, settings, ['show', 'bob@example.com']), { code: 0, stdout: /Role +super_admin\n[^]*Session began +Last seen +Ends +Network +With\n[\d: -]+127\.0\.0\.1/ })
    const deleting = await user(t, settings, ['delete', String(User.UserID), '--yes'])
    if (mode === 'embedded') t.match(deleting, { code: 1, stderr: /^user: the service is running.*DELETE \/Admin\/Users\/\{UserID\}, or stop the service first\n$/, stdout: '' })
    else t.match(deleting, { code: 0, stdout: `Account ${User.UserID} (root@example.com) is deleted.\n` })
    t.equal((await ask(`${url}/Admin/Users/${User.UserID}`, undefined, bearer(Token))).body.Code, mode === 'embedded' ? 200 : 503)
  })

  t.test(`${mode}: an account that does not exist is said to be none, with exit code 1`, async t => {
    const settings = await deployment(t, mode)
    for (const args of [['show', '7'], ['disable', 'nobody@example.com'], ['grant', '7'], ['revoke', '7'], ['enable', '7'], ['delete', '7', '--yes']]) {
      t.match(await user(t, settings, args), { code: 1, stderr: 'user: no such account\n', stdout: '' }, args.join(' '))
    }
  })
}

t.test('embedded: V1: with the service stopped, an account is deleted from a shell once that is confirmed', async t => {
  const settings = await deployment(t, 'embedded')
  await user(t, settings, ['create', '--email', 'bob@example.com', '--name', 'Bob'])
  t.match(await user(t, settings, ['delete', 'bob@example.com'], 'yes\n'), { code: 0, stdout: /is deleted\.\n$/ })
  t.match(JSON.parse((await user(t, settings, ['list', '--json'])).stdout), { Users: [] })
})

t.test('what makes no sense is answered with how it is used, and what is no password is never an argument', async t => {
  for (const args of [[], ['remove', '7'], ['show'], ['show', '7', '8'], ['list', '7'], ['create'], ['create', '--email', 'a@example.com'], ['create', '--email', 'a@example.com', '--name', 'A', '--password', 'secret'], ['toString'], ['disable', '7', '--force']]) {
    t.match(await user(t, {}, args), { code: 1, stderr: /^Usage: npm run user -- <command>/, stdout: '' }, args.join(' '))
  }
  for (const args of [['show', 'alice'], ['show', '0'], ['grant', '7', '--role', 'root'], ['list', '--limit', '0'], ['list', '--after', 'x'], ['create', '--email', 'a', '--name', 'A'], ['create', '--email', 'a@example.com', '--name', '\t']]) {
    t.match(await user(t, {}, args), { code: 1, stderr: /^user: \S.*\n$/, stdout: '' }, args.join(' '))
  }
})

if (modes.includes('server')) {
  t.test('server: without Redis a change is stored and that is said; nothing is deleted; without the database that is said', async t => {
    const settings = await deployment(t, 'server')
    await user(t, settings, ['create', '--email', 'bob@example.com', '--name', 'Bob'])
    const away = { ...settings, REDIS_PORT: String(await freePort()) }
    t.match(await user(t, away, ['disable', 'bob@example.com']), { code: 0, stdout: /is disabled/, stderr: /^user: Redis is not reachable from here\. The change is stored/ })
    t.match(await user(t, away, ['delete', 'bob@example.com', '--yes']), { code: 1, stderr: /^user: Redis is not reachable: nothing was deleted/ })
    t.match(JSON.parse((await user(t, settings, ['show', 'bob@example.com', '--json'])).stdout), { User: { Disabled: true } })
    t.match(await user(t, { ...settings, DB_PORT: String(await freePort()) }, ['list']), { code: 1, stderr: 'user: the database is not reachable\n' })
  })
}
