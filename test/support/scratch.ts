import { mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './services.ts'

const MEMORY = '/dev/shm'
/** More than the databases of a whole run write. */
const ROOM_BYTES = 2 * 1024 ** 3

/**
 * Where databases of tests are: in memory where there is room for them. Each commit and each table made waits for a disk, and for one that
 * others keep busy longer than the service waits for its database. A run has a folder there, and takes it away at its end, however that came.
 */
export const scratch = process.env.TEST_SCRATCH ?? (hasRoom() ? MEMORY : tmpdir())

function hasRoom (): boolean {
  try {
    const { bavail, bsize } = statfsSync(MEMORY)
    return bavail * bsize > ROOM_BYTES
  } catch {
    return false
  }
}

/** An empty folder there, removed with the test. Programs may not be allowed to run there. */
export function scratchFolder (t: Ending, name: string): string {
  const folder = mkdtempSync(join(scratch, `dream-${name}-`))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}
