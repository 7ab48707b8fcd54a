import { createHash } from 'node:crypto'
import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'

const plain = 'correct horse battery staple'
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const Email = 'alice@example.com'
const CURRENT = /^\$pbkdf2-sm3\$i=1000,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/

/** What the old service stored for somebody whose client sent the digest, or the password itself; and what that client sends. */
const legacy: Record<string, { stored: string, sent: string }> = {
  'SHA-256 of the digest': { stored: sha256(digest(plain)), sent: digest(plain) },
  'SHA-256 of the password': { stored: sha256(plain), sent: plain },
  'SHA-256 of the digest, in upper case': { stored: sha256(digest(plain)).toUpperCase(), sent: digest(plain) },
  'SHA-256 of a digest in upper case': { stored: sha256(digest(plain).toUpperCase()), sent: digest(plain).toUpperCase() },
  'SM3 of the digest': { stored: digest(digest(plain)), sent: digest(plain) },
  'SM3 of the password, which is the digest': { stored: digest(plain), sent: plain },
  'the bare digest': { stored: digest(plain), sent: digest(plain) },
  'the bare digest, in upper case': { stored: digest(plain).toUpperCase(), sent: digest(plain) }
}

const salt = 'A'.repeat(22)
const key = 'A'.repeat(43)

/** What no password can match, and what must neither stall nor break a login. */
const damaged = ['', ' ', 'x', '\x01', '密码', 'x'.repeat(255), digest(plain).slice(1), `${digest(plain)}0`, `${digest(plain).slice(1)}g`, plain, '$', '$$$$', '$pbkdf2-sm3$', '$pbkdf2-sm3$i=1000,l=32$$',
  `$pbkdf2-sm3$i=0,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=-1,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=1e9,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=99999999,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=999999999999,l=32$${salt}$${key}`,
  `$pbkdf2-sm3$i=1000,l=64$${salt}$${key}`, `$pbkdf2-sm3$i=1000,l=00$${salt}$${key}`, `$pbkdf2-sm3$i=1000,l=32$${salt}$${key.slice(1)}`, `$pbkdf2-sm3$i=1000,l=32$${salt}$${key}A`, `$pbkdf2-sm3$i=1000,l=32$*${salt}$${key}`,
  `$pbkdf2-sm3$i=1000,l=32$${salt}$${key}\n`, `$pbkdf2-sha256$i=1000,l=32$${salt}$${key}`, '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', '$2b$10$abcdefghijklmnopqrstuv', '{"$ne":null}', 'null']

async function store ({ app }: World, Password: string): Promise<void> {
  await app.database.updateTable('Users').set({ Password }).execute()
}

async function stored ({ app }: World): Promise<string> {
  const { Password } = await app.database.selectFrom('Users').select('Password').executeTakeFirstOrThrow()
  return Password
}

for (const mode of modes) {
  t.test(`${mode}: C5: a password as the old service stored it logs in, and is then stored salted and stretched`, async t => {
    const world = await build(t, mode)
    await world.register({ Name: 'Alice', Email, Password: 'to be overwritten' })
    for (const [title, { stored: old, sent }] of Object.entries(legacy)) {
      await store(world, old)
      for (const wrong of ['a wrong password', digest('a wrong password'), '']) {
        t.not((await world.post('/Auth/Login', { Email, Password: wrong })).body.Code, 200, `${title}: a wrong password does not log in`)
      }
      t.equal(await stored(world), old, `${title}: nor does it change what is stored`)
      t.match((await world.post('/Auth/Login', { Email, Password: sent })).body, { Code: 200, Token: String, UserID: 1 }, title)
      const renewed = await stored(world)
      t.match(renewed, CURRENT, `${title}: stored anew`)
      for (const Password of [sent, digest(plain), plain]) t.equal((await world.post('/Auth/Login', { Email, Password })).body.Code, 200, `${title}: and logs in again in either form`)
      t.equal(await stored(world), renewed, 'once')
    }
  })

  t.test(`${mode}: C4: a weaker hash is replaced at login, a stronger one is kept; a token outlives it`, async t => {
    const world = await build(t, mode, { PASSWORD_HASH_ITERATIONS: '2000' })
    await world.register({ Name: 'Alice', Email, Password: plain })
    const strong = await stored(world)
    const token = await world.login({ Email, Password: plain })
    t.equal(await stored(world), strong, 'kept')
    const weak = await build(t, mode)
    await weak.register({ Name: 'Alice', Email, Password: plain })
    await store(world, await stored(weak))
    await world.login({ Email, Password: plain })
    t.match(await stored(world), /^\$pbkdf2-sm3\$i=2000,/, 'replaced')
    t.equal((await world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })).status, 200, 'a rehash revokes nothing')
    await store(weak, strong)
    await weak.login({ Email, Password: plain })
    t.equal(await stored(weak), strong, 'kept, as it is stronger')
  })

  t.test(`${mode}: C4, C6: a damaged hash is a failed login, never an error and never a stall`, async t => {
    const world = await build(t, mode)
    await world.register({ Name: 'Alice', Email, Password: plain })
    for (const [i, hash] of damaged.entries()) {
      await store(world, hash)
      for (const Password of [plain, digest(plain), hash.slice(0, 128)]) {
        if (Password === '') continue
        // Beyond what strangers may try in a time.
        await world.pass(15 * 60_000)
        const answer = await world.post('/Auth/Login', { Email, Password }, { from: `10.0.${i}.1` })
        t.strictSame([answer.status, answer.body], [200, { Code: 501, Msg: '登录失败' }], `${JSON.stringify(hash.slice(0, 60))} with ${JSON.stringify(Password.slice(0, 20))}`)
      }
      t.equal(await stored(world), hash, 'what is stored stays for somebody to look at')
    }
  })
}
