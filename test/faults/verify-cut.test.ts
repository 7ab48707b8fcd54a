import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { build, modes, type Answer, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, network, newPerson, until, type Network } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has connections to lose'
// They wait most of the time, so they wait together.
t.jobs = 4

type Attempt = ReturnType<typeof newPerson> & { VerifyCode: string }

interface Scene { world: World, database: Network, redis: Network, attempt: Attempt }

/** A person who holds a code, and a service whose connections can be cut. With HIDE_ACCOUNTS the account is asked for after the code. */
async function scene (t: Test): Promise<Scene> {
  const database = await network(t, Number(process.env.TEST_DB_PORT))
  const redis = await network(t, Number(process.env.TEST_REDIS_PORT))
  const world = await build(t, 'server', { DB_PORT: String(database.port), REDIS_PORT: String(redis.port), HIDE_ACCOUNTS: 'true' })
  const person = newPerson()
  t.match(await patiently(() => world.post('/Auth/Sign', person)), { body: { Code: 200 } })
  return { world, database, redis, attempt: { ...person, VerifyCode: await world.codeFor(person.Email) } }
}

const rows = async (world: World): Promise<string[][]> =>
  (await world.rows('SELECT UserName, Email, EmailKey, NameKey, Role FROM Users')).map(row => Object.values(row).map(String))

async function renewCode (world: World, attempt: Attempt): Promise<void> {
  await world.endCooldown()
  await patiently(() => world.post('/Auth/Sign', personOf(attempt)))
  attempt.VerifyCode = await world.codeFor(attempt.Email)
}

/** Verifies with a trap on its way: again where a busy machine kept it from getting there. Answered in time, where it did. */
async function verifyInto (t: Test, isSprung: () => boolean, { world, attempt }: Scene): Promise<Answer> {
  for (;;) {
    const took = stopwatch()
    const answer = await world.post('/Auth/Verify', attempt)
    const ms = took()
    if (!isSprung() && [510, 512, 521].includes(answer.body.Code)) {
      // Taken by a request of which nobody knows what became.
      if (answer.body.Code === 521) await renewCode(world, attempt)
      continue
    }
    t.ok(ms < ANSWER_MS, `after ${Math.round(ms)} ms`)
    return answer
  }
}

/** There is the account, all of it, and once. */
async function hasAccount (t: Test, world: World, { Name, Email, Password }: Attempt): Promise<void> {
  t.strictSame(await rows(world), [[Name, Email, Email, Name, 'user']])
  t.match(await patiently(() => world.post('/Auth/Login', { Email, Password })), { body: { Code: 200 } })
}

t.test('R5: the database is lost before it hears of the account: 510, no account, and the same code makes one', { skip, buffered: true }, async t => {
  const of = await scene(t)
  const { world, database, attempt } = of
  t.match(await verifyInto(t, database.when('insert into `Users`', 'before', database.cut), of), { status: 503, body: { Code: 510 } })
  t.strictSame(await rows(world), [])
  t.match(await patiently(() => world.post('/Auth/Verify', attempt)), { body: { Code: 200 } })
  await hasAccount(t, world, attempt)
})

for (const fault of ['cut', 'hold'] as const) {
  t.test(`R5: the database makes the account but its answer is lost (${fault}): 510, then the account is there and whole`, { skip, buffered: true }, async t => {
    const of = await scene(t)
    const { world, database, attempt } = of
    t.match(await verifyInto(t, database.when('insert into `Users`', 'after', database[fault]), of), { status: 503, body: { Code: 510 } })
    await database.pass()
    await until(async () => (await world.get('/health')).status === 200)
    t.match(await patiently(() => world.post('/Auth/Verify', attempt)), { body: { Code: 502, Field: 'Email' } })
    await hasAccount(t, world, attempt)
  })

  t.test(`R5: Redis is lost once the account is made (${fault}): 200, and the code is spent`, { skip, buffered: true }, async t => {
    const of = await scene(t)
    const { world, database, redis, attempt } = of
    t.match(await verifyInto(t, database.when('insert into `Users`', 'before', () => { redis[fault]() }), of), { body: { Code: 200 } }, 'what was decided stands')
    await redis.pass()
    await until(async () => (await world.get('/health')).status === 200)
    await hasAccount(t, world, attempt)
    t.match(await patiently(() => world.post('/Auth/Verify', { ...attempt, Name: 'Another' })), { body: { Code: 521 } })
  })

  t.test(`K9: Redis is lost while it takes the code (${fault}): 512 and no account; whatever became of the code, a person ends with an account`, { skip, buffered: true }, async t => {
    const of = await scene(t)
    const { world, redis, attempt } = of
    t.match(await verifyInto(t, redis.when('dream:code', 'after', redis[fault]), of), { status: 503, body: { Code: 512 } })
    t.strictSame(await rows(world), [])
    await redis.pass()
    await until(async () => (await world.get('/health')).status === 200)
    const retry = await patiently(() => world.post('/Auth/Verify', attempt))
    if (retry.body.Code !== 200) {
      t.match(retry, { body: { Code: 521 } }, 'the code fails closed')
      await world.endCooldown()
      await world.register(personOf(attempt))
    }
    await hasAccount(t, world, attempt)
  })
}

function personOf ({ Name, Email, Password }: Attempt): ReturnType<typeof newPerson> {
  return { Name, Email, Password }
}

for (const mode of modes) {
  t.test(`${mode}: R5: the client goes away in the middle of Verify: the account is made, or the code still makes it`, { buffered: true }, async t => {
    const world = await build(t, mode)
    await world.app.listen({ host: '127.0.0.1', port: 0 })
    const { port } = world.app.server.address() as AddressInfo
    for (let round = 0; round < 5; round++) {
      const person = newPerson()
      await patiently(() => world.post('/Auth/Sign', person))
      const attempt = { ...person, VerifyCode: await world.codeFor(person.Email) }
      const body = JSON.stringify(attempt)
      const asking = request({ host: '127.0.0.1', port, path: '/Auth/Verify', method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } })
      asking.on('error', () => {})
      const gone = new Promise(resolve => { asking.once('close', resolve) })
      // The last rounds go away after the request was read, the first ones while it is.
      asking.write(body.slice(0, round === 0 ? 20 : undefined), () => { setImmediate(() => { asking.destroy() }) })
      await gone
      await until(async () => [200, 502].includes((await world.post('/Auth/Verify', attempt)).body.Code))
      t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(person))), { body: { Code: 200 } })
      t.equal((await world.rows(`SELECT UserID FROM Users WHERE Email = '${person.Email}'`)).length, 1)
    }
  })
}
