import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { commandOf, UsageError } from '../../src/cli/user-command.ts'
import { deployment, modes } from '../helper.ts'
import { freePort } from '../support/services.ts'
import { user } from '../support/user.ts'

for (const mode of modes) {
  t.test(`${mode}: an account that does not exist is said to be none, with exit code 1`, async t => {
    const settings = await deployment(t, mode)
    t.match(await user(t, settings, ['create', '--email', 'root@example.com', '--name', 'Root', '--admin']), { code: 0 })
    for (const args of [['disable', 'nobody@example.com'], ['delete', '7', '--yes']]) {
      t.match(await user(t, settings, args), { code: 1, stderr: 'user: no such account\n', stdout: '' }, args.join(' '))
    }
  })
}

t.test('embedded: a folder that holds no database is most likely not the one that was meant: it is named, and nothing is made there', async t => {
  const settings = await deployment(t, 'embedded')
  for (const args of [['list'], ['grant', 'root@example.com', '--role', 'super_admin'], ['delete', '1', '--yes']]) {
    t.match(await user(t, settings, args), { code: 1, stderr: new RegExp(`^user: DATA_DIR \\(${settings.DATA_DIR}\\) holds no database`), stdout: '' }, args.join(' '))
  }
  t.notOk(existsSync(join(settings.DATA_DIR ?? '', 'dream.db')))
})

t.test('embedded: V1: with the service stopped, an account is deleted from a shell once that is confirmed', async t => {
  const settings = await deployment(t, 'embedded')
  await user(t, settings, ['create', '--email', 'bob@example.com', '--name', 'Bob'])
  t.match(await user(t, settings, ['delete', 'bob@example.com'], 'yes\n'), { code: 0, stdout: /is deleted\.\n$/ })
  t.match(JSON.parse((await user(t, settings, ['list', '--json'])).stdout), { Users: [] })
})

t.test('what makes no sense is answered with how it is used; a password is never an argument', async t => {
  t.match(await user(t, {}, []), { code: 1, stderr: /^Usage: npm run user -- <command>/, stdout: '' })
  t.match(await user(t, {}, ['list', '--limit', '0']), { code: 1, stderr: 'user: --limit takes a number from 1 to 100\n', stdout: '' })
  for (const args of [['remove', '7'], ['show'], ['show', '7', '8'], ['list', '7'], ['create'], ['create', '--email', 'a@example.com'], ['create', '--email', 'a@example.com', '--name', 'A', '--password', 'secret'], ['toString'], ['disable', '7', '--force']]) {
    t.throws(() => commandOf(args), new UsageError(), args.join(' '))
  }
  for (const args of [['show', 'alice'], ['show', '0'], ['grant', '7', '--role', 'root'], ['list', '--after', 'x'], ['list', '--search', ' '], ['create', '--email', 'a', '--name', 'A'], ['create', '--email', 'a@example.com', '--name', '\t']]) {
    t.throws(() => commandOf(args), { message: /\S/ }, args.join(' '))
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
