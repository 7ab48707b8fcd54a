import { KeyError } from './key.ts'
import type { KeySet } from './key-set.ts'
import { keyFileVersion, readKeyFile } from './key-file.ts'

const EVERY_MS = 2_000

interface Watching {
  /** The version that is in use; `undefined` where there was no file. */
  version: string | undefined
  /** Called with the keys of each new version that can be used. */
  use: (set: KeySet) => void
  /** Called at each look. */
  look: () => void
  /** Told, once for each reason, why what lies there now is not used. */
  warn: (reason: string) => void
}

/** Looks for a new version of the key file every two seconds, as not every file system tells. Returns what ends that. */
export function watchKeyFile (file: string, { version, use, look, warn }: Watching): () => void {
  let told = ''
  let closed = false

  async function check (): Promise<void> {
    look()
    try {
      const found = await keyFileVersion(file)
      if (found === version) {
        told = ''
        return
      }
      // Some programs replace a file by removing it first.
      const read = found === undefined ? undefined : await readKeyFile(file)
      if (read === undefined) throw new KeyError('is gone')
      if (closed) return
      use(read.set)
      version = read.version
      told = ''
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      if (reason !== told) warn(reason)
      told = reason
    }
  }

  let timer = setTimeout(again, EVERY_MS).unref()
  function again (): void {
    check().finally(() => { if (!closed) timer = setTimeout(again, EVERY_MS).unref() })
  }
  return () => {
    closed = true
    clearTimeout(timer)
  }
}
