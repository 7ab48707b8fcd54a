/** A key-value store as browsers have it. */
export interface WebStorage {
  getItem: (key: string) => string | null
  setItem: (key: string, value: string) => void
  removeItem: (key: string) => void
}

/** What of another tab's changes to its storage matters here. `key` is null where everything was cleared. */
export interface StorageChange { key: string | null, oldValue: string | null, newValue: string | null }

interface Surroundings {
  fetch: typeof fetch
  location?: { href: string }
  localStorage?: WebStorage
  navigator?: {
    language?: string
    locks?: { request: <T>(name: string, options: { signal: AbortSignal }, work: () => Promise<T>) => Promise<T> }
  }
  addEventListener?: (type: 'storage', listener: (change: StorageChange) => void) => void
  removeEventListener?: (type: 'storage', listener: (change: StorageChange) => void) => void
}

/** What may be there in a browser and is not elsewhere: the package is one for both, and for what types either brings. */
export const surroundings: Surroundings = globalThis
