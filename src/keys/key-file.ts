import { closeSync, constants, fchownSync, fstatSync, fsyncSync, lstatSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Stats } from 'node:fs'
import { ConfigError, errorCode } from '../config.ts'
import { KeyError } from './key.ts'
import type { KeySet } from './key-set.ts'
import { readKeySet, writeKeySet } from './key-set-text.ts'

const LARGEST = 256 * 1024
const OTHERS = 0o007
/** Not known everywhere. */
const NOFOLLOW = constants.O_NOFOLLOW ?? 0

/** Another content has another version. */
const versionOf = ({ ino, mtimeMs, size }: Stats): string => [ino, mtimeMs, size].join(':')

/** The version of the file; `undefined` where there is none. */
export async function keyFileVersion (file: string): Promise<string | undefined> {
  try {
    return versionOf(await stat(file))
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw new KeyError(`cannot be read (${errorCode(error)})`)
  }
}

/**
 * The keys of a file and its version; `undefined` where there is no file.
 *
 * @throws {KeyError} where it cannot be read, everybody can read it, or what it holds cannot be used
 */
export async function readKeyFile (file: string): Promise<{ set: KeySet, version: string } | undefined> {
  try {
    await using handle = await open(file)
    const stats = await handle.stat()
    // The group may: mounted secrets belong to one.
    if (process.platform !== 'win32' && (stats.mode & OTHERS) !== 0) throw new KeyError('is open to everybody: chmod 600')
    if (stats.size > LARGEST) throw new KeyError('is too large')
    return { set: readKeySet(await handle.readFile('utf8')), version: versionOf(stats) }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error instanceof KeyError ? error : new KeyError(`cannot be read (${errorCode(error)})`)
  }
}

/**
 * Puts a file in place as a whole: who reads it meanwhile, or after an interruption at any moment, finds the old one or
 * the new one. Only under `locked`.
 */
export function writeKeyFile (file: string, set: KeySet): void {
  const target = realPath(file)
  const made = `${target}.new`
  const text = writeKeySet(set)
  // What nobody could read again must not take the place of what can be.
  readKeySet(text)
  // Made anew: the folder may be somebody else's, who could have laid a link there, or hold it open.
  rmSync(made, { force: true })
  const handle = openSync(made, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o600)
  try {
    keepOwner(handle, statSync(target, { throwIfNoEntry: false }) ?? statSync(dirname(target)))
    writeFileSync(handle, text)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  renameSync(made, target)
  syncFolder(dirname(target))
}

const realPath = (file: string): string => statSync(file, { throwIfNoEntry: false }) === undefined ? file : realpathSync(file)

/** What root writes stays readable to the service. */
function keepOwner (handle: number, { uid, gid }: Stats): void {
  if (fstatSync(handle).uid === 0 && uid !== 0) fchownSync(handle, uid, gid)
}

function syncFolder (folder: string): void {
  // Windows has no such thing.
  if (process.platform === 'win32') return
  const handle = openSync(folder, 'r')
  try {
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** Makes the file of the lock, or sees to it that it is one: no link to what belongs to somebody else. */
function claimName (name: string): void {
  try {
    const handle = openSync(name, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | NOFOLLOW, 0o600)
    keepOwner(handle, statSync(dirname(name)))
    closeSync(handle)
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error
    const { nlink } = lstatSync(name)
    if (!lstatSync(name).isFile() || nlink > 1) throw new ConfigError('JWT_KEYS_FILE has a lock beside it that is a link: remove it')
  }
}

/**
 * Runs what changes the file while nobody else does. The lock is one of SQLite on a file beside it, which the operating
 * system drops with the process, however that ends.
 *
 * @throws {ConfigError} while another process changes it
 */
export async function locked<T> (file: string, work: () => Promise<T>): Promise<T> {
  const { default: Sqlite } = await import('libsql')
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  const name = `${realPath(file)}.lock`
  claimName(name)
  const lock = new Sqlite(name)
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return await work()
  } catch (error) {
    throw errorCode(error) === 'SQLITE_BUSY' ? new ConfigError('JWT_KEYS_FILE is being changed by another process') : error
  } finally {
    lock.close()
  }
}
