import t, { type Test } from 'tap'
import { build, digest, modes, type Mode, type World } from '../helper.ts'

const admin = { Email: 'root@example.com', Password: digest('the first password') }
const bootstrap = { BOOTSTRAP_ADMIN_EMAIL: ' Root@Example.com', BOOTSTRAP_ADMIN_PASSWORD: admin.Password }
const person = { Name: 'Somebody', ...admin, Password: digest('a password of their own') }

/** The same deployment, started anew. */
async function restart (t: Test, mode: Mode, { app, config }: World, settings: Record<string, string>): Promise<World> {
  await app.close()
  return build(t, mode, { DATA_DIR: config.DATA_DIR, ...(mode === 'server' && { DB_NAME: config.DB_NAME, REDIS_DB: String(config.REDIS_DB) }), ...settings })
}

for (const mode of modes) {
  t.test(`${mode}: C8: there is no account, and no administrator, unless one is asked for`, async t => {
    const world = await build(t, mode)
    t.strictSame(await world.rows('SELECT * FROM Users'), [])
  })

  t.test(`${mode}: BOOTSTRAP_ADMIN_* make a super administrator, who logs in with 202 and whose token says so`, async t => {
    const world = await build(t, mode, bootstrap)
    const login = await world.post('/Auth/Login', admin)
    t.match(login, { status: 200, body: { Code: 202, Msg: '超级管理员登录', Token: String, UserID: 1 } })
    const { headers } = await world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${login.body.Token}` } })
    t.strictSame([headers['x-auth-user-id'], headers['x-auth-role']], ['1', 'super_admin'])
    t.match(await world.rows('SELECT Role FROM Users'), [{ Role: 'super_admin' }])
    t.equal((await world.post('/Auth/Login', { ...admin, Password: digest('wrong') })).body.Code, 501)
    t.match((await world.post('/Auth/Sign', person)).body, { Code: 502, Field: 'Email' })
  })

  t.test(`${mode}: a super administrator resets the password like anybody else and stays one`, async t => {
    const world = await build(t, mode, bootstrap)
    await world.post('/Auth/ResetPassword', { Email: admin.Email })
    t.equal((await world.post('/Auth/UpdatePassword', { Email: admin.Email, Password: digest('another'), VerifyCode: await world.codeFor(admin.Email) })).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { ...admin, Password: digest('another') })).body.Code, 202)
  })

  t.test(`${mode}: C8: a later start with another password alters nothing`, async t => {
    const first = await build(t, mode, bootstrap)
    const before = await first.rows('SELECT * FROM Users')
    const second = await restart(t, mode, first, { ...bootstrap, BOOTSTRAP_ADMIN_PASSWORD: digest('another password') })
    t.strictSame(await second.rows('SELECT * FROM Users'), before)
    t.equal((await second.post('/Auth/Login', { ...admin, Password: digest('another password') })).body.Code, 501)
    t.equal((await second.post('/Auth/Login', admin)).body.Code, 202)
  })

  t.test(`${mode}: C8: an account that exists is neither promoted nor given the password`, async t => {
    const first = await build(t, mode)
    await first.register(person)
    const before = await first.rows('SELECT * FROM Users')
    const second = await restart(t, mode, first, bootstrap)
    t.strictSame(await second.rows('SELECT * FROM Users'), before)
    t.equal((await second.post('/Auth/Login', admin)).body.Code, 501)
    t.equal((await second.post('/Auth/Login', { Email: person.Email, Password: person.Password })).body.Code, 200)
  })

  t.test(`${mode}: where the administrator's name is taken, another is found`, async t => {
    const first = await build(t, mode)
    await first.register({ ...person, Name: 'ROOT', Email: 'somebody@example.com' })
    const second = await restart(t, mode, first, bootstrap)
    t.equal((await second.post('/Auth/Login', admin)).body.Code, 202)
    t.equal((await second.rows('SELECT UserID FROM Users')).length, 2)
  })
}
