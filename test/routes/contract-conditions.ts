import { closeSync, openSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import Sqlite from 'libsql'
import type { Test } from 'tap'
import { CAPTCHA } from '../support/captcha.ts'
import { holdHashes, type HeldHashes } from '../support/hashes.ts'
import { build, digest, type Mode, type World } from '../helper.ts'

/** What a row of the contract's table needs the world to be like. */
export type Condition = 'all is well' | 'the database is away' | 'Redis is away' | 'the mail server is away' | 'the hashing queue is full' | 'the service stops' | 'the table is gone' | 'work is asked for'

export const admin = { Email: 'root@example.com', Password: digest('the first password of the super administrator') }

/** A service and how to bring about the condition, once what has to happen before has happened. */
interface Stage { world: World, enter: () => Promise<void> }

/** Nobody listens there, whatever else runs on the machine: connecting is refused at once. */
const CLOSED_PORT = '1'

/** Builds a service that is in the condition, or gets there with `enter`. */
export async function stage (t: Test, mode: Mode, condition: Condition): Promise<Stage> {
  switch (condition) {
    case 'all is well': return stay(await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password }))
    case 'work is asked for': return stay(await build(t, mode, CAPTCHA))
    case 'Redis is away': return stay(await build(t, mode, { REDIS_PORT: CLOSED_PORT }))
    case 'the mail server is away': return stay(await build(t, mode, { EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: CLOSED_PORT, EMAIL_SMTP_INSECURE: 'true', EMAIL_SENDER: 'noreply@dream.example' }))
    case 'the database is away': {
      if (mode === 'server') return stay(await build(t, mode, { DB_PORT: CLOSED_PORT }))
      const world = await build(t, mode)
      return { world, enter: async () => { damage(join(world.config.DATA_DIR, 'dream.db')) } }
    }
    case 'the hashing queue is full': {
      const held = holdHashes()
      const world = await build(t, mode, {}, held.overrides)
      return { world, enter: () => fillHashQueue(t, world, held) }
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

/** Holds every hash, and has others wait until one is turned away. So it stays until the test ends. */
async function fillHashQueue (t: Test, { app: { hashQueue }, post }: World, { hold, release }: HeldHashes): Promise<void> {
  hold(t)
  const logins: Array<Promise<unknown>> = []
  t.teardown(() => {
    release()
    return Promise.all(logins)
  })
  for (let i = 0; hashQueue.refused === 0; i++) {
    // Each from a network of its own, as none may have the whole queue.
    logins.push(post('/Auth/Login', { Email: `nobody${i}@example.com`, Password: digest('slow') }, { from: `10.${10 + (i >> 8)}.${i & 255}.1` }))
    await eventLoopTurn()
  }
}
