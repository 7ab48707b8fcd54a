import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from '../support/services.ts'

type End = Parameters<Ending['teardown']>[0]

/** What a run has begun, and ends with it: last things first. */
export class Stage implements Ending {
  readonly #ends: End[] = []

  teardown (end: End): void {
    this.#ends.unshift(end)
  }

  async end (): Promise<void> {
    for (const end of this.#ends.splice(0)) await end()
  }
}

/** An empty folder, removed at the end. */
export function folderOf (ending: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'dream-outages-'))
  ending.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}
