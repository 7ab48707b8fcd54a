import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'

const EMAIL = 'Alice.Secretive@Example.com'
const PASSWORDS = ['correct horse battery staple', 'a better battery', 'what nobody chose']

/** Everything Redis holds, keys and values, whatever their type. */
async function redisDump ({ redis }: World): Promise<string> {
  const readers: Record<string, (key: string) => Promise<unknown>> = {
    string: key => redis.get(key),
    hash: key => redis.hgetall(key),
    set: key => redis.smembers(key),
    list: key => redis.lrange(key, 0, -1),
    zset: key => redis.zrange(key, 0, '-1')
  }
  let dump = ''
  for (const key of await redis.keys('*')) {
    const type = await redis.type(key)
    // It ran out since it was listed: the look that health has at Redis leaves one for a moment.
    if (type === 'none') continue
    const read = readers[type]
    if (read === undefined) throw new Error(`${key} has a type this test cannot read`)
    dump += `${key} ${JSON.stringify(await read(key))}\n`
  }
  return dump
}

/** Every row of every table, bytes included. */
async function mysqlDump ({ rows, config }: World): Promise<string> {
  let dump = ''
  for (const { TABLE_NAME } of await rows(`SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${config.DB_NAME}'`)) {
    for (const row of await rows(`SELECT * FROM ${String(TABLE_NAME)}`)) dump += `${Object.values(row).map(value => value instanceof Buffer ? value.toString('latin1') : String(value)).join('\n')}\n`
  }
  return dump
}

/** The bytes of every file in the folder but the key's, which is a secret by its nature. */
function folderDump ({ config: { DATA_DIR } }: World): string {
  return readdirSync(DATA_DIR).filter(name => name !== 'jwt-secret.key').map(name => readFileSync(join(DATA_DIR, name), 'latin1')).join('\n')
}

/** The forms in which a secret might be written down. A code stands alone: within a longer number it is chance. */
function forms (secret: string): RegExp[] {
  if (/^\d{6}$/.test(secret)) return [new RegExp(`(?<![0-9A-Za-z])${secret}(?![0-9A-Za-z])`)]
  const bytes = /^[0-9a-f]{64}$/.test(secret) ? Buffer.from(secret, 'hex') : Buffer.from(secret)
  const written = [secret, bytes.toString('hex'), bytes.toString('base64').replaceAll('=', ''), bytes.toString('base64url'), bytes.toString('latin1')]
  return written.map(form => new RegExp(form.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'i'))
}

for (const mode of modes) {
  t.test(`${mode}: K8, G2: no code, password, digest or token is readable in the stores or in the log, at any step of an account's life`, async t => {
    const world = await build(t, mode, { LOG_LEVEL: 'trace' })
    const secrets = new Set([...PASSWORDS, ...PASSWORDS.map(digest)])
    const dumps: string[] = []
    const redis: string[] = []

    const ask = async (path: string, body: Record<string, string>, code: number): Promise<Record<string, unknown>> => {
      const answer = await world.post(path, body, { headers: { 'user-agent': 'test', cookie: `session=${PASSWORDS[0]}`, authorization: `Basic ${PASSWORDS[1]}` } })
      t.equal(answer.body.Code, code, `${path}: ${answer.text}`)
      // What is kept while codes and counters live, and what is left when they have gone.
      if (mode === 'server') redis.push(await redisDump(world))
      dumps.push(mode === 'server' ? await mysqlDump(world) : folderDump(world))
      return answer.body
    }
    const codeFor = async (): Promise<string> => {
      const code = await world.codeFor(EMAIL.toLowerCase())
      secrets.add(code)
      return code
    }
    const [first = '', second = '', wrong = ''] = PASSWORDS
    const account = { Name: 'Alice', Email: EMAIL, Password: first }

    await ask('/Auth/Sign', account, 200)
    const signCode = await codeFor()
    await ask('/Auth/Verify', { ...account, VerifyCode: signCode === '000000' ? '000001' : '000000' }, 520)
    await ask('/Auth/Verify', { ...account, VerifyCode: signCode }, 200)
    await ask('/Auth/Verify', { ...account, Password: digest(first), VerifyCode: signCode }, 502)
    await ask('/Auth/Login', { Email: EMAIL, Password: wrong }, 501)
    await ask('/Auth/Login', { Email: 'nobody@example.com', Password: digest(wrong) }, 501)
    for (const Password of [first, digest(first)]) secrets.add(String((await ask('/Auth/Login', { Email: EMAIL, Password }, 200)).Token))
    await ask('/Auth/Login', { Email: EMAIL, Password: digest(first), Token: [...secrets].at(-1) ?? '' }, 400)
    for (const token of [...secrets].slice(-2)) {
      for (const authorization of [`Bearer ${token}`, `Bearer ${token}x`, `Basic ${token}`]) await world.get('/CheckJWTToken', { headers: { authorization } })
      await world.get(`/CheckJWTToken?token=${token}`)
      await world.get(`/${token}`)
    }
    await world.post('/Auth/Login', `{"Email":"${EMAIL}","Password":"${first}","Password":"${digest(first)}"}`)
    await world.post('/Auth/Login', `{"Password":"${first}"`)
    await ask('/Auth/ResetPassword', { Email: EMAIL, Password: first }, 200)
    const resetCode = await codeFor()
    await ask('/Auth/UpdatePassword', { Email: EMAIL, Password: digest(second), VerifyCode: resetCode }, 200)
    await ask('/Auth/UpdatePassword', { Email: EMAIL, Password: second, VerifyCode: resetCode }, 521)
    secrets.add(String((await ask('/Auth/Login', { Email: EMAIL, Password: second }, 200)).Token))

    const places = { redis: redis.join(''), database: dumps.join(''), log: world.log() }
    for (const [place, text] of Object.entries(places)) {
      for (const secret of secrets) t.notOk(forms(secret).some(form => form.test(text)), `${place} holds no ${secret.slice(0, 6)}…`)
    }
    t.equal(secrets.size, 11)
    t.notMatch(places.redis, /alice|secretive|example/i, 'nor does Redis hold the address')
    t.notMatch(places.log, /alice\.secretive/i, 'nor the log')

    t.ok(forms(EMAIL).some(form => form.test(places.database)), 'this way of looking finds what is there')
    t.ok(mode === 'embedded' || ['dream:code:', 'dream:wait:', 'dream:throttle:'].every(prefix => places.redis.includes(prefix)), 'and codes and counters were seen')
    t.ok((places.log.match(/"msg":"request"/g)?.length ?? 0) > 15, 'and the log was written')
  })
}
