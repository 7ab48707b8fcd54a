import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { bearer, build, deployment, modes, type Mode, type World } from '../helper.ts'
import { begin } from '../support/begun.ts'
import { credentialsOf, newPerson, until } from '../support/faults.ts'
import { ask, compiled, emptyFolder, register, start, type Program } from '../support/program.ts'

const alice = newPerson()

// They wait most of the time, so they wait together.
t.jobs = 4

/** What may be thrown: any error, also one that pretends to be an answer, and what is no error at all. */
const thrown = fc.oneof(
  fc.anything({ maxDepth: 1 }),
  fc.string().map(message => new Error(message)),
  fc.record({ message: fc.string(), statusCode: fc.oneof(fc.integer({ min: 200, max: 399 }), fc.integer({ min: 500, max: 599 })) }).map(({ message, statusCode }) => Object.assign(new Error(message), { statusCode })),
  fc.constant(Object.defineProperty(new Error('hidden'), 'message', { get () { throw new Error('not even that') } }))
)

/** Where something of ours throws: in a route, in a hook before it, or while its answer is written. */
const places: Record<string, (world: World, error: unknown) => () => void> = {
  route: ({ app }, error) => replace(app.accounts, 'login', () => { throw error }),
  'route, later': ({ app }, error) => replace(app.accounts, 'login', async () => { throw error }),
  hook: ({ app }, error) => replace(app.tokens, 'check', () => { throw error }),
  serializer: ({ app }, error) => replace(app.ownSessions, 'list', async () => [Object.defineProperty({}, 'id', { get () { throw error } })])
}

/** Puts something in the place of a method, and gives the way back. */
function replace<T extends object> (of: T, name: keyof T & string, by: unknown): () => void {
  const own = Object.getOwnPropertyDescriptor(of, name)
  Object.defineProperty(of, name, { value: by, configurable: true })
  return () => { if (own !== undefined) Object.defineProperty(of, name, own) }
}

for (const mode of modes) {
  t.test(`${mode}: D5: whatever is thrown in a route, a hook or a serializer is Code 500 for that request, and the next one is served`, { buffered: true }, async t => {
    const world = await build(t, mode, { LOG_LEVEL: 'fatal' })
    await world.register(alice)
    const token = bearer(await world.login(credentialsOf(alice)))
    await fc.assert(fc.asyncProperty(fc.constantFrom(...Object.keys(places)), thrown, async (place, error) => {
      const restore = places[place]?.(world, error)
      const answer = place.startsWith('route') ? await world.post('/Auth/Login', credentialsOf(alice)) : await world.get('/Auth/Sessions', token)
      restore?.()
      if (answer.status !== 500 || answer.body.Code !== 500 || Object.keys(answer.body).length !== 2) throw new Error(`${place}: ${answer.status} ${answer.text}`)
      const { status } = await world.get('/Auth/Sessions', token)
      if (status !== 200) throw new Error(`then ${status}`)
    }), { numRuns: 60 })
    t.match(await world.post('/Auth/Login', credentialsOf(alice)), { body: { Code: 200 } })
  })

  t.test(`${mode}: D5: a failure that nobody waited for is a line in the log, and the service goes on`, { buffered: true }, async t => {
    const program = await failing(t, mode, 'Promise.reject(new Error("left alone"))')
    const url = await program.url()
    await register(url, alice)
    for (let i = 1; i <= 3; i++) {
      program.child.stdin?.write('fail\n')
      await until(async () => program.log().filter(({ msg }) => msg.startsWith('a failure that nobody waited for')).length === i)
      t.match(await ask(`${url}/Auth/Login`, credentialsOf(alice)), { body: { Code: 200 } })
    }
    t.match(program.log().find(({ level }) => level >= 50), { level: 50, err: { message: 'left alone' } })
    program.child.kill('SIGTERM')
    t.equal(await program.ended, 0)
  })

  t.test(`${mode}: D5: an exception that nobody caught: what is under way is answered, and the program ends with 1 for another to be begun`, { buffered: true }, async t => {
    const program = await failing(t, mode, 'throw new Error("out of nowhere")')
    const url = await program.url()
    await register(url, alice)
    const login = await begin(`${url}/Auth/Login`, credentialsOf(alice))
    program.child.stdin?.write('fail\n')
    await program.says('unexpected error')
    t.match(await login.finish(), { status: 200, body: { Code: 200 } })
    t.equal(await program.ended, 1)
    t.match(program.log().find(({ level }) => level === 60), { msg: /^unexpected error/, err: { message: 'out of nowhere' } })
  })
}

/** The compiled program with a fault built in, which a line on its input triggers. */
async function failing (t: Test, mode: Mode, fault: string, settings: Record<string, string> = {}): Promise<Program> {
  const folder = emptyFolder(t)
  const file = join(folder, 'fault.mjs')
  writeFileSync(file, `process.stdin.on('data', () => { ${fault} }).unref()\n`)
  return start(t, process.execPath, ['--import', file, compiled('server')], { ...await deployment(t, mode), ...settings }, folder)
}
