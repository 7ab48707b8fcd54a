import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { build, digest, modes, type Answer, type Mode, type World } from '../helper.ts'
import { patiently } from '../support/patience.ts'
import { until } from '../support/faults.ts'
import { holdHashes } from '../support/hashes.ts'
import { networkNumber } from '../support/people.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
const [older, newer] = ['a pepper of its own: 77c1e09d4b3fa865', 'another pepper: 5be0c71f93ad2684fe10']

async function stored ({ rows }: World): Promise<string> {
  return String((await rows('SELECT Password FROM Users'))[0]?.Password)
}

/** The same deployment started anew with other settings. */
async function restarted (t: Test, { mode, app, config }: World, settings: Record<string, string>): Promise<World> {
  await app.close()
  const { DATA_DIR, JWT_SECRET_KEY, DB_NAME, REDIS_DB } = config
  return build(t, mode, { DATA_DIR, JWT_SECRET_KEY, DB_NAME, REDIS_DB: String(REDIS_DB), ...settings })
}

async function comesIn (t: Test, { post }: World): Promise<void> {
  t.match((await patiently(() => post('/Auth/Login', login))).body, { Code: 200, UserID: 1 })
  t.equal((await patiently(() => post('/Auth/Login', { ...login, Password: digest('wrong') }))).body.Code, 501)
}

async function across (t: Test, mode: Mode, changes: Array<{ settings: Record<string, string>, form: RegExp }>): Promise<void> {
  let world = await build(t, mode)
  await world.register(alice)
  for (const { settings, form } of changes) {
    const before = await stored(world)
    world = await restarted(t, world, settings)
    t.equal(await stored(world), before, 'a start changes nothing')
    await comesIn(t, world)
    t.match(await stored(world), form)
  }
}

for (const mode of modes) {
  t.test(`${mode}: C4: the scheme can be changed back and forth: everybody logs in, and is stored in the new one from then on`, async t => {
    await across(t, mode, [
      { settings: { PASSWORD_HASH: 'argon2id' }, form: /^\$argon2id\$v=19\$m=65536,t=3,p=1\$/ },
      { settings: { PASSWORD_HASH: 'pbkdf2-sm3', PASSWORD_HASH_ITERATIONS: '1500' }, form: /^\$pbkdf2-sm3\$i=1500,l=32\$/ }
    ])
  })

  t.test(`${mode}: C6: a pepper can be brought in and be replaced: everybody logs in, and is stored under the newest from then on`, async t => {
    await across(t, mode, [
      { settings: { PASSWORD_PEPPER: older }, form: /^\$pbkdf2-sm3\$i=1000,l=32,keyid=[0-9a-f]{8}\$/ },
      { settings: { PASSWORD_PEPPER: `${newer},${older}` }, form: /^\$pbkdf2-sm3\$i=1000,l=32,keyid=[0-9a-f]{8}\$/ },
      { settings: { PASSWORD_PEPPER: newer }, form: /keyid/ }
    ])
  })

  t.test(`${mode}: C6: without its pepper, or with a wrong one, nobody logs in, nothing crashes and nothing is changed; a reset still helps`, async t => {
    let world = await build(t, mode, { PASSWORD_PEPPER: older })
    await world.register(alice)
    const before = await stored(world)
    t.notMatch(JSON.stringify(await world.rows('SELECT * FROM Users')), older)
    for (const PASSWORD_PEPPER of ['', newer]) {
      world = await restarted(t, world, { PASSWORD_PEPPER })
      t.match(await world.post('/Auth/Login', login), { status: 200, body: { Code: 501 } })
      t.equal(await stored(world), before)
      t.match(world.log(), /PASSWORD_PEPPER lacks a secret that 1 of the 1 oldest accounts were stored with/)
      await world.app.events.flush()
      t.match(await world.rows("SELECT Reason FROM Events WHERE Type = 'login' AND Outcome = 'failure'"), [{ Reason: 'unreadable_hash' }])
      await world.rows('DELETE FROM Events')
    }
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    t.equal((await world.post('/Auth/UpdatePassword', { ...login, VerifyCode: await world.codeFor(alice.Email) })).body.Code, 200)
    await comesIn(t, world)
  })

  t.test(`${mode}: C7: of 200 logins at once those beyond the queue are refused at once with 529, and health and token checks go on before the rest is done`, async t => {
    const held = holdHashes()
    const world = await build(t, mode, {}, held.overrides)
    const { post, get, app: { hashQueue, hashesAtOnce } } = world
    await world.register(alice)
    const token = await world.login(alice)
    const places = hashesAtOnce * 17
    const logins = Math.max(200, 2 * places)
    held.hold(t)
    const refused: Answer[] = []
    const storm: Array<Promise<number>> = []
    const login = async (i: number): Promise<number> => {
      const answer = await patiently(() => post('/Auth/Login', { Email: `nobody${i}@example.com`, Password: digest('wrong') }, { from: networkNumber(i) }))
      if (answer.body.Code === 529) refused.push(answer)
      return answer.body.Code
    }
    while (storm.length < logins) {
      // As many at a time as the database can serve. None of them has a hash yet.
      storm.push(...Array.from({ length: 10 }, (_, i) => login(storm.length + i)))
      while (hashQueue.running + hashQueue.waiting + hashQueue.refused < storm.length) await eventLoopTurn()
    }
    for (let i = 0; i < 5; i++) {
      t.match(await patiently(() => get('/health')), { status: 200 })
      t.match(await patiently(() => get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })), { status: 200 })
    }
    await until(async () => refused.length === storm.length - places)
    for (const { status, headers } of refused) t.match({ status, retryAfter: headers['retry-after'] }, { status: 503, retryAfter: /^[1-9]/ })
    t.match(hashQueue, { running: hashesAtOnce, waiting: places - hashesAtOnce })
    held.release()
    t.equal((await Promise.all(storm)).filter(code => code === 501).length, places, 'the rest is judged')
  })
}
