import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Ending } from './services.ts'

type End = Parameters<Ending['teardown']>[0]

/** What a run has begun, and ends with it: last things first. */
export class Stage implements Ending {
  readonly #ends: End[] = []

  /** Ends too when the run is told to stop, or servers would outlive it. */
  constructor () {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      process.once(signal, async () => {
        // What is under way fails as its servers go, and must not end the process before they have gone.
        for (const failure of ['unhandledRejection', 'uncaughtException']) process.on(failure, () => {})
        await this.end().catch(() => {})
        process.exit(1)
      })
    }
  }

  teardown (end: End): void {
    this.#ends.unshift(end)
  }

  /** What cannot be ended must not keep the rest. */
  async end (): Promise<void> {
    const failures: unknown[] = []
    for (const end of this.#ends.splice(0)) await Promise.resolve().then(end).catch((error: unknown) => { failures.push(error) })
    if (failures.length > 0) throw new AggregateError(failures, 'not everything could be ended')
  }
}

/** An empty folder, removed at the end. */
export function folderOf (ending: Ending): string {
  const folder = mkdtempSync(join(tmpdir(), 'dream-stage-'))
  ending.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return folder
}
