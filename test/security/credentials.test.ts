import { pbkdf2Sync } from 'node:crypto'
import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { holdHashes } from '../support/hashes.ts'
import { populate } from '../support/people.ts'

const password = 'correct horse battery staple'
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest(password) }

const stored = async ({ rows }: World): Promise<string[]> => (await rows('SELECT Password FROM Users ORDER BY UserID')).map(({ Password }) => String(Password))

/** The parts of a PHC string. */
function parse (hash: string): { iterations: number, salt: Buffer, key: Buffer } {
  const [, parameters = '', salt = '', key = ''] = /^\$pbkdf2-sm3\$([^$]+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(hash) ?? []
  return { iterations: Number(/\bi=(\d+)/.exec(parameters)?.[1]), salt: Buffer.from(salt, 'base64'), key: Buffer.from(key, 'base64') }
}

for (const mode of modes) {
  t.test(`${mode}: C1: whichever way a password comes into the table, it is stretched under a salt of its own of at least 16 bytes`, async t => {
    const world = await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: 'root@example.com', BOOTSTRAP_ADMIN_PASSWORD: alice.Password, PASSWORD_HASH_ITERATIONS: '1234' })
    for (let i = 0; i < 3; i++) await world.register({ ...alice, Name: `Alice ${i}`, Email: `alice${i}@example.com` })
    const before = await stored(world)
    await world.post('/Auth/ResetPassword', { Email: 'alice0@example.com' })
    t.match((await world.post('/Auth/UpdatePassword', { Email: 'alice0@example.com', Password: alice.Password, VerifyCode: await world.codeFor('alice0@example.com') })).body, { Code: 200 })
    const all = new Set([...before, ...await stored(world)])
    t.equal(all.size, 5, 'the same password, and never the same hash')
    const salts = [...all].map(hash => {
      const { iterations, salt, key } = parse(hash)
      t.equal(iterations, 1234, 'as set')
      t.ok(salt.length >= 16)
      t.strictSame(pbkdf2Sync(alice.Password, salt, iterations, 32, 'sm3'), key, 'stretched as it says')
      return salt.toString('hex')
    })
    t.equal(new Set(salts).size, all.size)
  })

  t.test(`${mode}: C4: a password changed while a login renews its older hash stays changed`, async t => {
    const held = holdHashes()
    const world = await build(t, mode, { PASSWORD_HASH_ITERATIONS: '2000' }, held.overrides)
    const cheap = await build(t, mode)
    await cheap.register(alice)
    await world.register(alice)
    const [weak = ''] = await stored(cheap)
    const changed = `${weak.slice(0, -1)}${weak.endsWith('A') ? 'E' : 'A'}`
    const login = async (): Promise<number> => (await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code
    const store = (Password: string): Promise<unknown> => world.app.database.updateTable('Users').set({ Password }).execute()
    await store(weak)
    t.equal(await login(), 200)
    t.match(await stored(world), [/i=2000\b/], 'an older one is renewed')

    await store(weak)
    held.hold(t)
    const checking = held.begun()
    const code = login()
    // It has been read by now, and is compared next.
    await checking
    await store(changed)
    held.release()
    t.equal(await code, 200)
    t.strictSame(await stored(world), [changed])
  })

  t.test(`${mode}: C8: no field, claim or header makes an administrator`, async t => {
    const world = await build(t, mode)
    const claims: Array<Record<string, unknown>> = [{ Role: 'super_admin' }, { role: 'super_admin' }, { IsAdmin: true }, { TokenVersion: 0 }, { UserID: 1 }]
    for (const claim of claims) {
      for (const [route, body] of [['/Auth/Sign', alice], ['/Auth/Verify', { ...alice, VerifyCode: '000000' }], ['/Auth/Login', { Email: alice.Email, Password: alice.Password }], ['/Auth/ResetPassword', { Email: alice.Email }],
        ['/Auth/UpdatePassword', { Email: alice.Email, Password: alice.Password, VerifyCode: '000000' }]] as const) {
        t.match(await world.post(route, { ...body, ...claim }), { status: 400, body: { Code: 400, Details: [{ Field: Object.keys(claim)[0] }] } }, `${route} ${JSON.stringify(claim)}`)
      }
    }
    const headers = { 'x-auth-role': 'super_admin', 'x-auth-user-id': '1', role: 'super_admin' }
    await world.post('/Auth/Sign?Role=super_admin', alice, { headers })
    t.match((await world.post('/Auth/Verify?Role=super_admin', { ...alice, VerifyCode: await world.codeFor(alice.Email) }, { headers })).body, { Code: 200 })
    t.strictSame(await world.rows('SELECT Role FROM Users'), [{ Role: 'user' }])
    const login = await world.post('/Auth/Login?Role=super_admin', { Email: alice.Email, Password: alice.Password }, { headers })
    t.equal(login.body.Code, 200, 'and not 202')
    t.match(await world.get('/CheckJWTToken', { headers: { ...headers, authorization: `Bearer ${String(login.body.Token)}` } }), { status: 200, headers: { 'x-auth-role': 'user' } })
  })

  t.test(`${mode}: C8: the same name or password as the administrator's gives nobody the role`, async t => {
    const world = await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: 'root@corp.example', BOOTSTRAP_ADMIN_PASSWORD: alice.Password })
    const [person] = await populate(world, 1)
    await world.register({ ...alice, Name: 'root@corp.example', Email: 'root@example.com' })
    for (const Email of [person?.Email, 'root@example.com']) t.equal((await world.post('/Auth/Login', { Email, Password: alice.Password })).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email: 'root@corp.example', Password: alice.Password })).body.Code, 202)
  })
}
