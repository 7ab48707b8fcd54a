import t, { type Test } from 'tap'
import { bearer, build, digest, modes, type World } from '../helper.ts'
import { ANSWER_MS, askEverything, credentialsOf, network, newPerson, RECOVERY_MS, until, type Network } from '../support/faults.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a network that can be slow'

// They wait most of the time, so they wait together.
t.jobs = 2

const dependencies = {
  database: { setting: 'DB_PORT', port: () => Number(process.env.TEST_DB_PORT), code: 510 },
  Redis: { setting: 'REDIS_PORT', port: () => Number(process.env.TEST_REDIS_PORT), code: 512 }
}

async function behind (t: Test, { setting, port }: { setting: string, port: () => number }): Promise<{ world: World, net: Network }> {
  const net = await network(t, port())
  return { world: await build(t, 'server', { [setting]: String(net.port) }), net }
}

for (const [name, dependency] of Object.entries(dependencies)) {
  t.test(`D2: a ${name} that takes 200 ms for each round trip: everything works, on a busy machine perhaps at the second attempt`, { skip, buffered: true }, async t => {
    const { world, net } = await behind(t, dependency)
    const alice = newPerson()
    net.slow(200)
    const took = async (what: string, ask: () => Promise<{ body: { Code: number } }>): Promise<void> => {
      const codes: number[] = []
      await until(async () => {
        codes.push((await ask()).body.Code)
        // A code that was issued, and whose issue could not be acknowledged in time, has the next one wait.
        if (codes.at(-1) === 429) await world.endCooldown()
        return codes.at(-1) !== dependency.code && codes.at(-1) !== 429
      })
      // What was done and could not be acknowledged in time is found done; what comes next shows that it was.
      t.ok([200, ...(codes.length > 1 ? [502, 521] : [])].includes(codes.at(-1) ?? 0), `${what}: ${codes.join(', ')}`)
    }
    await took('Sign', () => world.post('/Auth/Sign', alice))
    await took('Verify', async () => world.post('/Auth/Verify', { ...alice, VerifyCode: await world.codeFor(alice.Email) }))
    await took('Login', () => world.post('/Auth/Login', credentialsOf(alice)))
    await took('ResetPassword', () => world.post('/Auth/ResetPassword', { Email: alice.Email }))
    const Password = digest('another')
    await took('UpdatePassword', async () => world.post('/Auth/UpdatePassword', { Email: alice.Email, Password, VerifyCode: await world.codeFor(alice.Email) }))
    let token = ''
    await took('Login with another password', async () => {
      const answer = await world.post('/Auth/Login', { Email: alice.Email, Password })
      token = String(answer.body.Token)
      return answer
    })
    await took('CheckJWTToken', () => world.get('/CheckJWTToken', bearer(token)))
    await took('Refresh', () => world.post('/Auth/Refresh', {}, bearer(token)))
    await took('Account', () => world.remove('/Auth/Account', { Password }, bearer(token)))
    await until(async () => (await world.get('/health')).status === 200)
  })

  t.test(`D2: a ${name} that takes 2 s for each round trip: ${dependency.code} in time, then service again by itself`, { skip, buffered: true }, async t => {
    const { world, net } = await behind(t, dependency)
    const alice = newPerson()
    await world.register(alice)
    const token = await world.login(alice)
    net.slow(2_000)
    for (const reply of await askEverything(world, alice, token)) {
      // What Redis does not vouch for, the database is asked.
      const expected = reply.route === 'CheckJWTToken' && name === 'Redis' ? { code: 200 } : { code: dependency.code, status: 503, retryAfter: true }
      t.match(reply, { ...expected, late: false }, reply.route)
    }
    await until(async () => (await world.get('/health')).body.Code === dependency.code)
    net.slow(0)
    const ms = await until(async () => (await world.post('/Auth/Login', credentialsOf(alice))).body.Code === 200)
    t.ok(ms < RECOVERY_MS, `logins again after ${Math.round(ms)} ms`)
  })

  t.test(`D2: a ${name} that answers each time, though late: what one request waits for is bounded in all`, { skip, buffered: true }, async t => {
    const { world, net } = await behind(t, dependency)
    const alice = newPerson()
    await world.register(alice)
    const token = await world.login(alice)
    net.slow(600)
    // Nine round trips to Redis, or seven to the database, where nothing fails.
    const took = stopwatch()
    const [login] = await Promise.all([world.post('/Auth/Login', credentialsOf(alice)), world.remove('/Auth/Account', { Password: digest('not hers') }, bearer(token))])
    t.equal(login.body.Code, dependency.code)
    t.ok(took() < ANSWER_MS, 'answered in time')
    net.slow(0)
    const ms = await until(async () => (await world.post('/Auth/Login', credentialsOf(alice))).body.Code === 200)
    t.ok(ms < RECOVERY_MS, `logins again after ${Math.round(ms)} ms`)
  })
}
