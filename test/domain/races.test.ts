import t, { type Test } from 'tap'
import { build, digest, modes, type Answer, type Mode, type World } from '../helper.ts'

const RACERS = 50
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

/** Two services over the same stores, as behind a load balancer; in embedded mode, where there is but one, the same twice. */
async function fleet (t: Test, mode: Mode): Promise<[World, World]> {
  const world = await build(t, mode)
  if (mode === 'embedded') return [world, world]
  const { DB_NAME, REDIS_DB, EMAIL_SMTP_SERVER = '', EMAIL_SMTP_PORT, EMAIL_SENDER = '', EMAIL_PASSWORD = '' } = world.config
  const second = await build(t, mode, { DB_NAME, REDIS_DB: String(REDIS_DB), EMAIL_SMTP_SERVER, EMAIL_SMTP_PORT: String(EMAIL_SMTP_PORT), EMAIL_SENDER, EMAIL_PASSWORD })
  return [world, second]
}

/** Sends fifty requests at once, half of them to each service; a racer's number is in the body and the network it comes from. */
function race ([one, two]: [World, World], route: string, bodyOf: (racer: number) => object): Promise<Answer[]> {
  return Promise.all(Array.from({ length: RACERS }, (_, racer) => (racer % 2 === 0 ? one : two).post(route, bodyOf(racer), { from: `10.0.0.${racer}` })))
}

/** How often each Code was answered. */
function tally (answers: Answer[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { body: { Code } } of answers) counts[Code] = (counts[Code] ?? 0) + 1
  return counts
}

const winnerOf = (answers: Answer[]): number => answers.findIndex(({ body }) => body.Code === 200)

for (const mode of modes) {
  t.test(`${mode}: K7: of fifty who ask at once for a code to one address, one is answered, by one mail`, async t => {
    const worlds = await fleet(t, mode)
    const [world] = worlds
    t.strictSame(tally(await race(worlds, '/Auth/Sign', racer => ({ ...alice, Name: `Alice ${racer}` }))), { 200: 1, 429: RACERS - 1 })
    t.strictSame((await world.mails()).map(({ to }) => to), [alice.Email])
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: await world.codeFor(alice.Email) })).body.Code, 200, 'the mailed code is the valid one')
    t.strictSame(tally(await race(worlds, '/Auth/ResetPassword', () => ({ Email: alice.Email }))), { 200: 1, 429: RACERS - 1 })
    t.equal((await world.mails()).length, 2)
  })

  t.test(`${mode}: R3, K3: of fifty who verify one address with its code at once, one succeeds, and its account is the only one`, async t => {
    const worlds = await fleet(t, mode)
    const [world] = worlds
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    const personOf = (racer: number): typeof alice => ({ ...alice, Name: `Alice ${racer}`, Password: digest(`password ${racer}`) })
    const answers = await race(worlds, '/Auth/Verify', racer => ({ ...personOf(racer), VerifyCode }))
    const { 200: created, 502: taken = 0, 521: spent = 0 } = tally(answers)
    t.strictSame([created, taken + spent], [1, RACERS - 1], JSON.stringify(tally(answers)))
    const winner = personOf(winnerOf(answers))
    t.strictSame(await world.rows('SELECT UserName, Email FROM Users'), [{ UserName: winner.Name, Email: winner.Email }])
    t.equal((await world.post('/Auth/Login', winner)).status, 400, 'a name is no part of a login')
    t.equal((await world.post('/Auth/Login', { Email: winner.Email, Password: winner.Password })).body.Code, 200)
  })

  t.test(`${mode}: R3: of fifty who verify one name with codes of their own at once, one gets it, and the others may take another name`, async t => {
    const worlds = await fleet(t, mode)
    const [world] = worlds
    const personOf = (racer: number): typeof alice => ({ ...alice, Name: racer % 3 === 0 ? 'ALICE' : 'Alice', Email: `alice${racer}@example.com` })
    t.strictSame(tally(await race(worlds, '/Auth/Sign', personOf)), { 200: RACERS })
    const codes = await Promise.all(Array.from({ length: RACERS }, (_, racer) => world.codeFor(personOf(racer).Email)))
    const answers = await race(worlds, '/Auth/Verify', racer => ({ ...personOf(racer), VerifyCode: codes[racer] }))
    // Some find the hashing queue full: nothing of theirs is spent either.
    const { 200: created, 502: taken = 0, 529: busy = 0 } = tally(answers)
    t.strictSame([created, taken + busy], [1, RACERS - 1], JSON.stringify(tally(answers)))
    t.ok(taken > 0)
    t.ok(answers.every(({ body }) => body.Code !== 502 || body.Field === 'Name'))
    t.strictSame(await world.rows('SELECT Email FROM Users'), [{ Email: personOf(winnerOf(answers)).Email }])
    for (const [racer, { body }] of answers.entries()) {
      if (body.Code === 200) continue
      const again = await world.post('/Auth/Verify', { ...personOf(racer), Name: `Alice ${racer}`, VerifyCode: codes[racer] })
      t.equal(again.body.Code, 200, `the code of racer ${racer} is still good`)
    }
    t.equal((await world.rows('SELECT UserID FROM Users')).length, RACERS)
  })

  t.test(`${mode}: K3: of fifty who update the password with one code at once, one succeeds, and its password is the one that works`, async t => {
    const worlds = await fleet(t, mode)
    const [world] = worlds
    await world.register(alice)
    await world.rows('UPDATE Users SET TokenVersion = 0')
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const VerifyCode = await world.codeFor(alice.Email)
    const passwordOf = (racer: number): string => digest(`password ${racer}`)
    const answers = await race(worlds, '/Auth/UpdatePassword', racer => ({ Email: alice.Email, Password: passwordOf(racer), VerifyCode }))
    t.strictSame(tally(answers), { 200: 1, 521: RACERS - 1 })
    const works = []
    for (let racer = 0; racer < RACERS; racer++) {
      // Beyond what strangers may try in a time.
      await world.pass(15 * 60_000)
      const { body } = await world.post('/Auth/Login', { Email: alice.Email, Password: passwordOf(racer) }, { from: `10.1.0.${racer}` })
      if (body.Code === 200) works.push(racer)
    }
    t.strictSame(works, [winnerOf(answers)])
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from: '10.2.0.1' })).body.Code, 501)
    t.match(await world.rows('SELECT TokenVersion FROM Users'), [{ TokenVersion: 1 }], 'one change, not two')
  })

  t.test(`${mode}: K4: after a hundred wrong guesses at once, five of them counted, the right code is refused`, async t => {
    const worlds = await fleet(t, mode)
    const [world] = worlds
    const bob = { ...alice, Name: 'Bob', Email: 'bob@example.com' }
    await world.register(alice)
    await world.post('/Auth/Sign', bob)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    for (const [route, body] of [['/Auth/Verify', bob], ['/Auth/UpdatePassword', { Email: alice.Email, Password: digest('taken over') }]] as const) {
      const right = await world.codeFor(body.Email)
      const wrong = (racer: number): string => String((Number(right) + 1 + racer) % 1_000_000).padStart(6, '0')
      const guesses = (await Promise.all([0, 1].map(half => race(worlds, route, racer => ({ ...body, VerifyCode: wrong(half * RACERS + racer) }))))).flat()
      t.strictSame(tally(guesses), { 520: 5, 521: 95 }, route)
      t.equal((await world.post(route, { ...body, VerifyCode: right }, { from: '10.3.0.1' })).body.Code, 521, `${route} with the right code`)
    }
    t.equal((await world.rows('SELECT UserID FROM Users')).length, 1)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 200, 'the password is the old one')
  })
}
