import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { build, digest, modes } from '../helper.ts'
import { ANSWER_MS, credentialsOf, network, newPerson, RECOVERY_MS, until } from '../support/faults.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'
import { stopwatch } from '../support/stopwatch.ts'

const skip = modes.includes('server') ? false : 'server mode alone has a network to lose'
const alice = newPerson()
const login = credentialsOf(alice)
const ANSWERS = 500

// They wait most of the time, so they wait together.
t.jobs = 2

const dependencies = {
  Database: { id: 'D1, D2', setting: 'DB_PORT', port: () => Number(process.env.TEST_DB_PORT), code: 510 },
  Redis: { id: 'D3', setting: 'REDIS_PORT', port: () => Number(process.env.TEST_REDIS_PORT), code: 512 }
} as const

for (const [name, { setting, port, code }] of Object.entries(dependencies)) {
  const breakerOf = name === 'Redis' ? 'Redis' as const : 'Database' as const

  t.test(`D1, D2, D3, S3: ${name} does not answer: known after a moment, from then on each request costs milliseconds, and nobody has to try whether it is back`, { skip, buffered: true }, async t => {
    const net = await network(t, port())
    const world = await build(t, 'server', { [setting]: String(net.port) })
    await world.register(alice)
    const isOpen = (): boolean => world.app.breakers.get(breakerOf)?.state() === 'open'
    net.hold()
    t.match(await world.post('/Auth/Login', login), { body: { Code: code } })
    const known = await until(async () => isOpen())
    t.ok(known < ANSWER_MS, `known after ${Math.round(known)} ms`)
    const complaints = (): string[] => world.log().split('\n').filter(line => line !== '' && JSON.parse(line).level >= 40)
    const before = complaints().length
    const took = stopwatch()
    // One after the other: each would have to wait for most of a second.
    for (let i = 0; i < 50; i++) t.match(await world.post('/Auth/Login', login), { status: 503, body: { Code: code } })
    t.match(await world.get('/health'), { status: 503, body: { Code: code } }, 'S3: health answers from what is known')
    t.ok(took() < ANSWER_MS)
    t.strictSame(complaints().slice(before), [], 'the log was told, and is not told of each request')
    await net.pass()
    const back = await until(async () => !isOpen())
    t.ok(back < RECOVERY_MS, `found back after ${Math.round(back)} ms, though nobody asked`)
    t.match(await world.post('/Auth/Login', login), { body: { Code: 200 } })
    const told = world.log().split('\n').filter(line => line.includes('answers again') || line.includes('does not answer: answering')).map(line => JSON.parse(line).level)
    t.strictSame(told, [40, 30], 'one line when it dies, one when it is back')
  })
}

t.test('S3: health asks each dependency once in a quarter of a second, however often it is asked', { skip, buffered: true }, async t => {
  const world = await build(t, 'server')
  let asked = 0
  world.app.mysql.pool.on('acquire', () => { asked++ })
  await world.get('/health')
  const start = performance.now()
  let answered = 0
  for (asked = 0; answered < ANSWERS || performance.now() - start < 600; await sleep(1)) {
    answered += (await Promise.all(Array.from({ length: 20 }, () => world.get('/health')))).filter(({ status }) => status === 200).length
  }
  t.ok(asked <= (performance.now() - start) / 250 + 1, `asked ${asked} times`)
})

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
