import t, { type Test } from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'
import { until } from '../support/faults.ts'

const alice = { Name: 'Alice Nemo', Email: 'alice.nemo@example.com', Password: digest('correct horse') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('another battery') }
const former = 'nemo.former@example.com'

const erase = ({ remove }: World, token: string, Password = alice.Password, from = '127.0.0.1'): Promise<Answer> => remove('/Auth/Account', { Password }, { ...bearer(token), from })

/**
 * Everything that the stores hold, as text: every table, every Redis key and its value, whatever it is encoded as. The highest number
 * that was ever given to an account, which databases keep so as not to give it twice, says nothing about anybody.
 */
async function everything (world: World): Promise<string> {
  const tables = world.mode === 'server' ? (await world.rows('SHOW TABLES')).map(row => String(Object.values(row)[0])) : (await world.rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'")).map(({ name }) => String(name))
  const parts: string[] = []
  for (const table of tables) {
    for (const row of await world.rows(`SELECT * FROM ${table}`)) parts.push(`${table}: ${Object.entries(row).map(([column, value]) => `${column}=${Buffer.isBuffer(value) ? value.toString() : String(value)}`).join(' ')}`)
  }
  if (world.mode === 'embedded') return parts.join('\n')
  for (const key of await world.redis.keys('*')) {
    const type = await world.redis.type(key)
    const value = type === 'hash' ? await world.redis.hgetall(key) : type === 'string' ? await world.redis.get(key) : type === 'zset' ? await world.redis.zrange(key, '0', '-1') : type === 'set' ? await world.redis.smembers(key) : await world.redis.lrange(key, '0', '-1')
    parts.push(`${key}: ${JSON.stringify(value)}`)
  }
  return parts.join('\n')
}

/** An account with an id that is nothing else's, and all that can be kept about one. */
async function lived (world: World): Promise<{ id: number, token: string, sid: string }> {
  await world.rows("INSERT INTO Users (UserID, UserName, Email, Password) VALUES (70000, 'Before', 'before@example.com', 'x')")
  await world.register({ ...alice, Email: former }, { from: '203.0.113.5' })
  for (const from of ['203.0.113.5', '203.0.113.6', '203.0.113.7']) {
    await world.post('/Auth/Login', { Email: former, Password: digest('wrong') }, { from })
    await world.post('/Auth/Login', { Email: former, Password: alice.Password }, { from })
  }
  const first = await world.login({ ...alice, Email: former })
  await world.post('/Auth/ChangeEmail', { Email: alice.Email, Password: alice.Password }, bearer(first))
  await world.post('/Auth/ConfirmEmail', { Email: alice.Email, VerifyCode: await world.codeFor(alice.Email) }, bearer(first))
  for (const from of ['203.0.113.8', '203.0.113.9']) await world.post('/Auth/Login', { Email: alice.Email, Password: digest('wrong') }, { from })
  const { body } = await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })
  const token = String(body.Token)
  await world.post('/Auth/ResetPassword', { Email: alice.Email })
  await world.get('/Auth/Account', bearer(token))
  await world.app.events.flush()
  return { id: Number(body.UserID), token, sid: JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).sid }
}

async function nothingLeft (t: Test, world: World, { id, sid }: { id: number, sid: string }): Promise<void> {
  await world.app.events.flush()
  // What tells of the deletion is kept until it is mailed.
  await until(async () => (await world.rows('SELECT NoticeID FROM PendingNotices')).length === 0)
  const left = await everything(world)
  for (const trace of [alice.Email, former, 'nemo', 'Nemo', 'NEMO', sid]) t.notMatch(left, new RegExp(trace.replaceAll('.', '\\.')), trace)
  t.notMatch(left, new RegExp(`\\b${id}\\b`), 'its number')
}

for (const mode of modes) {
  t.test(`${mode}: V1: a deleted account is in no table and under no key, but for one pseudonymous event that says so`, async t => {
    const world = await build(t, mode)
    const person = await lived(world)
    const before = await everything(world)
    for (const trace of [alice.Email, former, 'Alice Nemo', person.sid, String(person.id)]) t.match(before, trace, 'the scan finds what is there')
    t.match(await erase(world, person.token), { body: { Code: 200 } })
    t.match(await world.get('/CheckJWTToken', bearer(person.token)), { status: 401 })
    await nothingLeft(t, world, person)
    const [event, ...more] = await world.rows('SELECT * FROM Events')
    t.match(event, { Type: 'deletion', Outcome: 'success', Reason: 'owner', UserID: null, Network: null, UserAgent: null })
    t.same(more, [])
    if (mode === 'server') t.same((await world.redis.keys('*')).filter(key => !/throttle:(mail|guess|network|block)|health|^dream:revocations:/.test(key)), [], 'no code, no counter of the account')
  })

  t.test(`${mode}: V1: name and address are free at once, and whoever comes next inherits nothing`, async t => {
    const world = await build(t, mode)
    const { token } = await lived(world)
    await erase(world, token)
    await world.register(alice)
    t.match((await world.get('/Auth/Account', bearer(await world.login(alice)))).body, { Account: { Name: alice.Name, Email: alice.Email }, FormerEmails: [], Sessions: [{ Current: true }] })
    await world.register({ ...bob, Email: former })
    t.match(await world.post('/Auth/Login', { Email: former, Password: alice.Password }), { body: { Code: 501 } })
  })

  t.test(`${mode}: a deletion takes the password, and a wrong one deletes nothing`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const token = await world.login(alice)
    t.match(await erase(world, token, digest('wrong')), { body: { Code: 501 } })
    t.ok(await world.login(alice))
    t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 200 })
  })

  t.test(`${mode}: of ten deletions at once one succeeds, and the others find the account gone`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.register(bob)
    const token = await world.login(alice)
    // From networks of their own: where there is one core, the hashing queue has no room for eight of one.
    const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => erase(world, token, alice.Password, `203.0.${i}.1`)))
    t.equal(answers.filter(({ body }) => body.Code === 200).length, 1, JSON.stringify(answers.map(({ body }) => body.Code)))
    t.ok(answers.every(({ body }) => [200, 401, 501, 503].includes(body.Code)), JSON.stringify(answers.map(({ body }) => body.Code)))
    t.match(await world.rows('SELECT UserName FROM Users'), [{ UserName: 'Bob' }])
  })

  t.test(`${mode}: the last super administrator cannot delete the account; one of two can`, async t => {
    const root = { Email: 'root@example.com', Password: digest('the operator') }
    const world = await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: root.Email, BOOTSTRAP_ADMIN_PASSWORD: root.Password })
    const token = await world.login(root)
    t.match(await erase(world, token, root.Password), { status: 403, body: { Code: 403 } })
    t.ok(await world.login(root))
    await world.register(alice)
    await world.rows(`UPDATE Users SET Role = 'super_admin' WHERE Email = '${alice.Email}'`)
    t.match(await erase(world, await world.login(root), root.Password), { body: { Code: 200 } })
    t.match(await erase(world, await world.login(alice)), { status: 403 })
  })

  t.test(`${mode}: the owner is told by mail that the account is gone`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await erase(world, await world.login(alice))
    await until(async () => (await world.mails()).some(({ to, subject }) => to === alice.Email && /删除|注销/.test(subject)))
  })
}

if (modes.includes('server')) {
  t.test('server: V1: without Redis nothing is deleted, and the owner may try again', async t => {
    const { network } = await import('../support/faults.ts')
    const way = await network(t, Number(process.env.TEST_REDIS_PORT))
    const world = await build(t, 'server', { REDIS_PORT: String(way.port) })
    await world.register(alice)
    const token = await world.login(alice)
    await way.refuse()
    t.match(await erase(world, token), { status: 503, body: { Code: 512 } })
    await way.pass()
    await until(async () => (await world.get('/health')).status === 200)
    t.match(await erase(world, token), { body: { Code: 200 } })
  })
}
