import { surroundings, type StorageChange } from './surroundings.ts'

/** Where the token is kept. Methods may be asynchronous; what they throw reaches the caller. */
export interface TokenStore {
  get: () => string | undefined | Promise<string | undefined>
  set: (token: string) => void | Promise<void>
  clear: () => void | Promise<void>
  /** Tells of changes that others make, such as another tab, until the function it returns is called. */
  watch?: (listener: (before: string | undefined, after: string | undefined) => void) => () => void
}

/** Keeps the token until the page is left or the process ends: nothing that is read later has it. */
export function memoryStore (): TokenStore {
  let kept: string | undefined
  return {
    get: () => kept,
    set: token => { kept = token },
    clear: () => { kept = undefined }
  }
}

/**
 * Keeps the token in `localStorage`, for all tabs of the origin and until it is cleared. Where there is none, or it is forbidden
 * or full, in memory.
 */
export function localStore (key = 'dream-auth'): TokenStore {
  const memory = memoryStore()
  function trying<T> (work: () => T, otherwise: () => T): T {
    try {
      return work()
    } catch {
      return otherwise()
    }
  }
  // Even reading the property throws where a browser forbids it.
  const storage = () => surroundings.localStorage
  /** Where all is cleared at once, nobody says what was there. */
  let seen: string | undefined
  return {
    get: () => {
      seen = trying(() => storage()?.getItem(key) ?? undefined, () => undefined)
      return seen ?? memory.get()
    },
    set: token => trying(() => {
      const there = storage()
      if (there === undefined) return memory.set(token)
      there.setItem(key, token)
      return memory.clear()
    }, () => {
      // What is there already would hide it.
      trying(() => storage()?.removeItem(key), () => undefined)
      return memory.set(token)
    }),
    clear: () => {
      trying(() => storage()?.removeItem(key), () => undefined)
      return memory.clear()
    },
    watch: listener => {
      const heed = (change: StorageChange): void => {
        if (change.key === key) listener(change.oldValue ?? undefined, change.newValue ?? undefined)
        if (change.key === null) listener(seen, undefined)
      }
      surroundings.addEventListener?.('storage', heed)
      return () => surroundings.removeEventListener?.('storage', heed)
    }
  }
}
