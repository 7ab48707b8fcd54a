import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import Sqlite from 'libsql'
import type { Test } from 'tap'
import { CAPTCHA } from '../support/captcha.ts'
import { freePort } from '../support/services.ts'
import { build, digest, type Mode, type World } from '../helper.ts'

/** What a row of the contract's table needs the world to be like. */
export type Condition = 'all is well' | 'the database is away' | 'Redis is away' | 'the mail server is away' | 'the hashing queue is full' | 'the service stops' | 'the table is gone' | 'work is asked for'

export const admin = { Email: 'root@example.com', Password: digest('the first password of the super administrator') }

/** A service and how to bring about the condition, once what has to happen before has happened. */
interface Stage { world: World, enter: () => Promise<void> }

/** Nobody listens there: connecting is refused at once. */
const closedPort = async (): Promise<string> => String(await freePort())

/** Builds a service that is in the condition, or gets there with `enter`. */
export async function stage (t: Test, mode: Mode, condition: Condition): Promise<Stage> {
  switch (condition) {
    case 'all is well': return stay(await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password }))
    case 'work is asked for': return stay(await build(t, mode, CAPTCHA))
    case 'Redis is away': return stay(await build(t, mode, { REDIS_PORT: await closedPort() }))
    case 'the mail server is away': return stay(await build(t, mode, { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: await closedPort(), EMAIL_SMTP_INSECURE: 'true', EMAIL_SENDER: 'noreply@dream.example' }))
    case 'the database is away': {
      if (mode === 'server') return stay(await build(t, mode, { DB_PORT: await closedPort() }))
      const world = await build(t, mode)
      return { world, enter: async () => { damage(join(world.config.DATA_DIR, 'dream.db')) } }
    }
    case 'the hashing queue is full': {
      const world = await build(t, mode)
      return { world, enter: () => fillHashQueue(t, world) }
    }
    case 'the service stops': {
      const world = await build(t, mode)
      return { world, enter: async () => { world.app.draining = true } }
    }
    case 'the table is gone': {
      const world = await build(t, mode)
      return { world, enter: async () => { await world.rows('DROP TABLE Users') } }
    }
  }
}

function stay (world: World): Stage {
  return { world, enter: async () => {} }
}

/** A file of SQLite is never away, but it may be spoilt under the process. Something is written first, so that nothing is answered from memory. */
function damage (file: string): void {
  const other = new Sqlite(file)
  other.exec('PRAGMA user_version = 1')
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(statSync(file).size, 'x'))
  closeSync(handle)
  other.close()
}

const HASHES_AT_ONCE = Math.min(availableParallelism(), 3)
/** Takes some seconds: long enough for all that is asked while the queue is full. */
const SLOW_HASH = `$pbkdf2-sm3$i=4000000,l=32$${'A'.repeat(22)}$${'A'.repeat(43)}`

/** Occupies every hashing thread with an account whose hash takes long, then has others wait until one is turned away. */
async function fillHashQueue (t: Test, { register, rows, post }: World): Promise<void> {
  const slow = { Name: 'Slow', Email: 'slow@example.com', Password: digest('slow') }
  await register(slow)
  await rows(`UPDATE Users SET Password = '${SLOW_HASH}' WHERE Email = '${slow.Email}'`)
  const codes: number[] = []
  const login = async (Email: string, from: string): Promise<void> => {
    const { body } = await post('/Auth/Login', { Email, Password: slow.Password }, { from })
    codes.push(body.Code)
  }
  const logins = Array.from({ length: HASHES_AT_ONCE }, (_, i) => login(slow.Email, `10.9.0.${i}`))
  // One after another as the event loop turns: those that come before the slow ones hash are done by then.
  for (let i = 0; !codes.includes(529); i++) {
    logins.push(login(`nobody${i}@example.com`, `10.${10 + (i >> 8)}.${i & 255}.1`))
    await eventLoopTurn()
  }
  t.teardown(() => Promise.all(logins))
}
