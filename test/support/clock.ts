import type { Test } from 'tap'
import { build, type Mode, type World } from '../helper.ts'

/** A service whose time passes when the test says so: its own clock in embedded mode, that of Redis in server mode. */
export async function timed (t: Test, mode: Mode, settings: Record<string, string> = {}): Promise<{ world: World, pass: (milliseconds: number) => Promise<void> }> {
  let now = 0
  const world = await build(t, mode, settings, { clock: () => now })
  return {
    world,
    async pass (milliseconds) {
      now += milliseconds
      if (mode === 'embedded') return
      for (const key of await world.redis.keys('dream:*')) {
        const left = await world.redis.pttl(key)
        await world.redis.pexpire(key, left - milliseconds)
      }
    }
  }
}
