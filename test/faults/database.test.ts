import { randomUUID } from 'node:crypto'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { ANSWER_MS, askEverything, credentialsOf, newPerson, RECOVERY_MS, stall, until } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { scratchFolder } from '../support/scratch.ts'
import { startMariadb, type Service } from '../support/services.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a database server'
const alice = newPerson()

t.test('a database server that stops, stalls and comes back', { skip }, async t => {
  const folder = scratchFolder(t, 'database')
  let server: Service = await startMariadb(folder)
  const settings = { DB_PORT: String(server.port) }
  t.teardown(() => server.stop())
  const stop = (): Promise<void> => server.stop()
  const start = async (): Promise<void> => { server = await startMariadb(folder, server.port) }
  const goOn = async (): Promise<void> => { process.kill(server.pid, 'SIGCONT') }

  async function away (t: Test, world: World, token: string): Promise<void> {
    for (const reply of await askEverything(world, alice, token)) t.match(reply, { code: 510, status: 503, retryAfter: true, late: false }, reply.route)
    await until(async () => (await world.get('/health')).status === 503)
    t.match(await world.get('/health'), { body: { Code: 510, Checks: { Database: { Status: 'down' } } } })
    t.match(await world.get('/health/live'), { status: 200, body: { Code: 200 } })
  }

  async function back (t: Test, world: World): Promise<void> {
    const ms = await until(async () => (await world.get('/health')).status === 200)
    t.ok(ms < RECOVERY_MS, `healthy after ${Math.round(ms)} ms`)
    t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(alice))), { body: { Code: 200 } })
  }

  for (const [fault, lose, regain] of [['stopped', stop, start], ['stalled', () => stall(server), goOn]] as const) {
    await t.test(`D1: ${fault} at run time: 510 in time on every route, then service again by itself`, async t => {
      const world = await build(t, 'server', settings)
      await world.register(alice)
      const token = await world.login(credentialsOf(alice))
      await lose()
      await away(t, world, token)
      await regain()
      await back(t, world)
      t.match(await patiently(() => world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })), { status: 200 })
    })

    await t.test(`D1: ${fault} at the start: the service listens all the same, then migrates and makes the administrator`, async t => {
      await lose()
      const admin = { Email: 'root@example.com', Password: digest('the operator') }
      const world = await build(t, 'server', { ...settings, BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password })
      await away(t, world, world.app.tokens.issue({ userId: 1, sessionId: randomUUID(), generation: 0, at: Date.now(), expiresAt: Date.now() + 60_000 }))
      await regain()
      const ms = await until(async () => (await world.post('/Auth/Login', admin)).body.Code === 202)
      t.ok(ms < RECOVERY_MS, `the administrator logs in after ${Math.round(ms)} ms`)
      await world.register(alice)
      await back(t, world)
    })

    await t.test(`${fault}: app.close() does not hang`, async t => {
      const world = await build(t, 'server', settings)
      await lose()
      const took = stopwatch()
      await world.app.close()
      t.ok(took() < ANSWER_MS)
      await regain()
    })

    await t.test(`R5: ${fault} in the middle of many Verifies: what was acknowledged stays, the rest can be tried again`, async t => {
      const world = await build(t, 'server', settings)
      const people = Array.from({ length: 30 }, newPerson)
      for (const person of people) t.match(await patiently(() => world.post('/Auth/Sign', person)), { body: { Code: 200 } })
      const attempts = await Promise.all(people.map(async person => ({ ...person, VerifyCode: await world.codeFor(person.Email) })))
      // The first answer is the sign that the rest is under way. The last few come too late in any case.
      const answers = attempts.slice(0, -5).map(attempt => world.post('/Auth/Verify', attempt))
      await Promise.race(answers).then(lose)
      answers.push(...attempts.slice(-5).map(attempt => world.post('/Auth/Verify', attempt)))
      const codes = (await Promise.all(answers)).map(({ body }) => body.Code)
      t.strictSame(codes.slice(-5), Array(5).fill(510))
      await regain()
      await until(async () => (await world.get('/health')).status === 200)
      for (const [i, attempt] of attempts.entries()) {
        const retry = codes[i] === 200 ? 'acknowledged' : (await patiently(() => world.post('/Auth/Verify', attempt))).body.Code
        t.ok(codes[i] === 200 || retry === 200 || retry === 502, `${attempt.Name}: ${codes[i]}, then ${retry}`)
        t.match(await patiently(() => world.post('/Auth/Login', credentialsOf(attempt))), { body: { Code: 200 } })
      }
      t.equal((await world.rows('SELECT UserID FROM Users')).length, people.length)
    })
  }

  await t.test('a database that became read-only: 510 for what writes, and the code stays usable', async t => {
    const root = await createConnection({ host: '127.0.0.1', port: server.port, user: 'root' })
    await root.query("CREATE USER dream@'127.0.0.1' IDENTIFIED BY 'secret'")
    await root.query("GRANT ALL ON `dream\\_%`.* TO dream@'127.0.0.1'")
    const world = await build(t, 'server', { ...settings, DB_USER: 'dream', DB_PASSWORD: 'secret' })
    t.match(await patiently(() => world.post('/Auth/Sign', alice)), { body: { Code: 200 } })
    const verify = { ...alice, VerifyCode: await world.codeFor(alice.Email) }
    await root.query('SET GLOBAL read_only = 1')
    t.match(await patiently(() => world.post('/Auth/Verify', verify), 510), { status: 503, body: { Code: 510 } })
    t.match(await patiently(() => world.get('/health'), 510), { status: 503, body: { Code: 510 } }, 'S3: health says so, as no login can be recorded')
    await root.query('SET GLOBAL read_only = 0')
    await root.end()
    t.match(await patiently(() => world.post('/Auth/Verify', verify)), { body: { Code: 200 } })
  })
})
