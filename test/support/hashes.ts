import type { Overrides } from '../../plugins/services.ts'
import type { Stretch } from '../../src/stretch.ts'
import type { Ending } from './services.ts'

/** Hashes of passwords that a test holds up: they begin, and end only once it says so. */
export interface HeldHashes {
  /** For the service whose hashes they are. */
  overrides: Pick<Overrides, 'stretch'>
  /** Holds those that begin from now on, until the test ends at the latest. */
  hold: (t: Ending) => void
  /** Lets them end, and later ones as well. */
  release: () => void
  /** Comes when the next one that is held has begun. */
  begun: () => Promise<void>
}

/** Hashes that run freely until the test holds them. */
export function holdHashes (): HeldHashes {
  let gate: { open: () => void, opened: Promise<void> } | undefined
  const waiting: Array<() => void> = []
  const held = (stretch: Stretch): Stretch => async (...job) => {
    if (gate !== undefined) {
      for (const begun of waiting.splice(0)) begun()
      await gate.opened
    }
    return stretch(...job)
  }
  function release (): void {
    gate?.open()
    gate = undefined
  }
  return {
    overrides: { stretch: held },
    hold (t) {
      let open = (): void => {}
      const opened = new Promise<void>(resolve => { open = resolve })
      gate = { open, opened }
      t.teardown(release)
    },
    release,
    begun: () => new Promise(resolve => { waiting.push(resolve) })
  }
}
