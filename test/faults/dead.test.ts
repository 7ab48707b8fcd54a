import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { build, digest, modes, type Answer, type World } from '../helper.ts'
import { ANSWER_MS, credentialsOf, network, newPerson, RECOVERY_MS, until } from '../support/faults.ts'
import { patiently } from '../support/patience.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a network to lose'
const alice = newPerson()
const login = credentialsOf(alice)
const ANSWERS = 500

// They wait most of the time, so they wait together.
t.jobs = 2

const dependencies = {
  Database: { setting: 'DB_PORT', port: () => Number(process.env.TEST_DB_PORT), code: 510, says: /^database (answers again|does not answer)/, other: { code: 512, says: /^Redis does not answer/ } },
  Redis: { setting: 'REDIS_PORT', port: () => Number(process.env.TEST_REDIS_PORT), code: 512, says: /^Redis (answers again|does not answer)/, other: { code: 510, says: /^database does not answer/ } }
} as const

for (const [name, { setting, port, code, says, other }] of Object.entries(dependencies)) {
  const breakerOf = name === 'Redis' ? 'Redis' as const : 'Database' as const

  t.test(`D1, D2, D3, S3: ${name} does not answer: known after a moment, from then on each request costs milliseconds, and nobody has to try whether it is back`, { skip, buffered: true }, async t => {
    const net = await network(t, port())
    const world = await build(t, 'server', { [setting]: String(net.port) })
    await world.register(alice)
    const isOpen = (): boolean => world.app.breakers.get(breakerOf)?.state() === 'open'
    // Or they would be told of, at some time.
    await until(async () => (await world.rows('SELECT Type FROM Events')).length >= 2)
    net.hold()
    const refused = (): Promise<Answer> => patiently(() => world.post('/Auth/Login', login), code)
    t.match(await refused(), { body: { Code: code } })
    const known = await until(async () => isOpen())
    t.ok(known < ANSWER_MS, `known after ${Math.round(known)} ms`)
    // The other one is there, but the machine may be busy.
    const lines = (): Array<{ level: number, msg: string, code?: number }> => world.log().trim().split('\n').map(line => JSON.parse(line))
    const complaints = (): object[] => lines().filter(({ level, msg, code }) => level >= 40 && code !== other.code && !other.says.test(msg))
    const before = complaints().length
    const took = stopwatch()
    // One after the other: each would have to wait for most of a second.
    for (let i = 0; i < 50; i++) t.match(await refused(), { status: 503, body: { Code: code } })
    t.match(await world.get('/health'), { status: 503, body: { Code: code } }, 'S3: health answers from what is known')
    t.ok(took() < ANSWER_MS)
    t.strictSame(complaints().slice(before), [], 'the log was told, and is not told of each request')
    await net.pass()
    const back = await until(async () => !isOpen())
    t.ok(back < RECOVERY_MS, `found back after ${Math.round(back)} ms, though nobody asked`)
    t.match(await patiently(() => world.post('/Auth/Login', login)), { body: { Code: 200 } })
    t.strictSame(lines().filter(({ msg }) => says.test(msg)).map(({ level }) => level), [40, 30], 'one line when it dies, one when it is back')
  })
}

t.test('S3: health asks each dependency once in a quarter of a second, however often it is asked', { skip, buffered: true }, async t => {
  const world = await build(t, 'server')
  // Not its connections or statements: others have business there, too, at their own times.
  const looks = (['Database', 'Redis'] as const).map(name => countLooks(world, name))
  await world.get('/health')
  const before = looks.map(count => count())
  const start = performance.now()
  let answered = 0
  for (; answered < ANSWERS || performance.now() - start < 600; await sleep(1)) {
    answered += (await Promise.all(Array.from({ length: 20 }, () => world.get('/health')))).filter(({ status }) => status === 200).length
  }
  const most = (performance.now() - start) / 250 + 1
  for (const [i, count] of looks.entries()) {
    const asked = count() - (before[i] ?? 0)
    t.ok(asked >= 1 && asked <= most, `asked ${asked} times`)
  }
})

/** How often a dependency was looked at from now on. */
function countLooks ({ app }: World, name: 'Database' | 'Redis'): () => number {
  const breaker = app.breakers.get(name)
  if (breaker === undefined) throw new Error(`nobody looks at ${name}`)
  const { look } = breaker
  let looks = 0
  breaker.look = () => {
    looks++
    return look()
  }
  return () => looks
}

t.test('embedded: S3: health asks the database file once in a quarter of a second, however often it is asked', { buffered: true }, async t => {
  const world = await build(t, 'embedded')
  await world.get('/health')
  let asked = 0
  const ask = world.app.tryDatabase
  world.app.tryDatabase = async () => {
    asked++
    await ask()
  }
  const start = performance.now()
  let answered = 0
  for (; answered < ANSWERS || performance.now() - start < 600; await sleep(1)) {
    answered += (await Promise.all(Array.from({ length: 20 }, () => world.get('/health')))).filter(({ status }) => status === 200).length
  }
  t.ok(asked >= 1 && asked <= (performance.now() - start) / 250 + 1, `asked ${asked} times`)
})

t.test('embedded: D4: a mail server that says nothing: known after a moment, from then on 518 in milliseconds, and mails again once it speaks', { buffered: true }, async t => {
  let speaks = false
  const smtp = await startScriptedSmtp(t, line => speaks ? politely(line) : '')
  const world = await build(t, 'embedded', smtp.settings)
  const person = (i: number) => ({ Name: `n${i}`, Email: `n${i}@example.com`, Password: digest('correct horse battery staple') })
  t.match(await world.post('/Auth/Sign', person(0)), { body: { Code: 518 } })
  await until(async () => world.app.breakers.get('Mail')?.state() === 'open')
  const took = stopwatch()
  for (let i = 1; i < 20; i++) t.match(await world.post('/Auth/Sign', person(i)), { status: 200, body: { Code: 518 } })
  t.ok(took() < ANSWER_MS)
  speaks = true
  for (const socket of smtp.sockets) socket.destroy()
  await until(async () => world.app.breakers.get('Mail')?.state() === 'closed')
  t.match(await world.post('/Auth/Sign', person(0)), { body: { Code: 200 } }, 'no cooldown is left')
})
