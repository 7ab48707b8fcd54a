import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { deployment, modes, type Mode } from '../helper.ts'
import { credentialsOf, network, newPerson, until } from '../support/faults.ts'
import { ask, codeFrom, serve, type Program } from '../support/program.ts'

/** With HIDE_ACCOUNTS the account is asked for after the code, so that it shows what the code is worth. */
const SETTINGS = { HIDE_ACCOUNTS: 'true' }

/** Hundredths of a second that no thread takes to begin. */
const AT_WORK_TICKS = 20

/** The threads of a program, and what time they have had (proc_pid_stat(5)). */
function threadsOf ({ pid }: ChildProcess): Array<{ id: string, ticks: number }> {
  return readdirSync(`/proc/${pid}/task`).map(id => {
    // Behind the name, which is in brackets and may hold anything.
    const fields = readFileSync(`/proc/${pid}/task/${id}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    return { id, ticks: Number(fields[11]) }
  })
}

interface Killing { settings: Record<string, string>, kill: (program: Program) => unknown, exists: boolean }

/** Kills the program in the midst of Verify, and looks at what the next one finds, which it gives back. */
async function killed (t: Test, mode: Mode, first: Program, { settings, kill, exists }: Killing): Promise<Program> {
  const person = newPerson()
  const url = await first.url()
  t.match(await ask(`${url}/Auth/Sign`, person), { body: { Code: 200 } })
  const attempt = { ...person, VerifyCode: await codeFrom(url, person.Email) }
  kill(first)
  await t.rejects(ask(`${url}/Auth/Verify`, attempt), 'nothing is acknowledged')
  t.equal(await first.ended, 'SIGKILL')

  const second = serve(t, settings)
  const next = await second.url()
  const found = { body: { Code: exists ? 200 : 501 } }
  t.match(await ask(`${next}/Auth/Login`, credentialsOf(person)), found, exists ? 'the account is whole' : 'there is no account')
  t.match(await ask(`${next}/Auth/Verify`, { ...attempt, Name: `${person.Name} again` }), { body: { Code: 521 } }, 'the code is worth nothing any more')
  t.match(await ask(`${next}/Auth/Login`, credentialsOf(person)), found, 'and has changed nothing')
  if (!exists) await signUp(t, mode, settings, next, person)
  return second
}

/** Half an account would keep the name or the address from whoever signs up anew. */
async function signUp (t: Test, mode: Mode, settings: Record<string, string>, url: string, person: ReturnType<typeof newPerson>): Promise<void> {
  if (mode === 'server') {
    const redis = new Redis({ port: Number(settings.REDIS_PORT), db: Number(settings.REDIS_DB) })
    for (const key of await redis.keys('dream:wait:*')) await redis.del(key)
    redis.disconnect()
  }
  t.match(await ask(`${url}/Auth/Sign`, person), { body: { Code: 200 } })
  t.match(await ask(`${url}/Auth/Verify`, { ...person, VerifyCode: await codeFrom(url, person.Email) }), { body: { Code: 200 } })
  t.match(await ask(`${url}/Auth/Login`, credentialsOf(person)), { body: { Code: 200 } })
}

for (const mode of modes) {
  const skip = mode === 'embedded' && process.platform !== 'linux' && 'Linux alone tells of threads'
  t.test(`${mode}: S2: SIGKILL in the midst of Verify leaves no code that is good for anything, and a whole account or none`, { skip }, async t => {
    const settings: Record<string, string> = { ...await deployment(t, mode), ...SETTINGS }
    if (mode === 'embedded') {
      // A hash of ten seconds. When it has begun, the code is taken.
      await killed(t, mode, serve(t, { ...settings, PASSWORD_HASH_ITERATIONS: '10000000' }), {
        settings,
        exists: false,
        kill: async ({ child }) => {
          const before = new Set(threadsOf(child).map(({ id }) => id))
          await until(async () => threadsOf(child).some(({ id, ticks }) => !before.has(id) && ticks >= AT_WORK_TICKS))
          child.kill('SIGKILL')
        }
      })
      return
    }
    const database = await network(t, Number(settings.DB_PORT))
    const redis = await network(t, Number(settings.REDIS_PORT))
    const ways = { ...settings, DB_PORT: String(database.port), REDIS_PORT: String(redis.port) }
    const moments: Array<[net: typeof database, words: string, moment: 'before' | 'after', exists: boolean]> = [
      [redis, 'dream:code', 'after', false],
      [database, 'insert into `Users`', 'before', false],
      [database, 'insert into `Users`', 'after', true]
    ]
    let program = serve(t, ways)
    for (const [net, words, moment, exists] of moments) {
      const kill = ({ child }: Program): void => {
        net.when(words, moment, () => {
          child.kill('SIGKILL')
          net.cut()
        })
      }
      program = await killed(t, mode, program, { settings: ways, exists, kill })
    }
  })
}
