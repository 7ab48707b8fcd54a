import t from 'tap'
import { deployment, modes } from '../helper.ts'
import { ask, serve } from '../support/program.ts'
import { user } from '../support/user.ts'

const bearer = (token: unknown): Record<string, string> => ({ authorization: `Bearer ${String(token)}` })

for (const mode of modes) {
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
    t.match(await user(t, settings, ['grant', 'bob@example.com', '--role', 'super_admin']), { code: 0, stdout: /is now super_admin/ })
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
}
