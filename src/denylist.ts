import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { ConfigError, errorCode } from './config.ts'
import { readDigests, type DigestSet } from './denylist/digest-file.ts'
import { spellings } from './denylist/spellings.ts'
import { root } from './root.ts'

/** Common passwords, known by their digests alone. */
export type CommonPasswords = DigestSet

/** Whom a password is for: e-mail and name in their canonical spelling. */
export interface PasswordOwner { email: string, name?: string }

/**
 * Reads the list that the build has made, some 0.9 MB, which stay in memory.
 *
 * @throws {ConfigError} when the file is missing or damaged
 */
export function loadCommonPasswords (file = new URL('dist/common-passwords.bin', root)): CommonPasswords {
  const common = readDigests(read(file))
  if (common === undefined) throw new ConfigError('PASSWORD_DENYLIST needs dist/common-passwords.bin, which is damaged: "npm run build" writes it anew')
  return common
}

function read (file: URL): Buffer {
  try {
    return readFileSync(file)
  } catch (error) {
    throw new ConfigError(`PASSWORD_DENYLIST needs dist/common-passwords.bin, which cannot be read (${errorCode(error)}): "npm run build" writes it`)
  }
}

/**
 * Whether a password is among the first that somebody would try (ASVS 5.0, 6.2.4 and 6.2.11): a common one, none at all, or
 * the owner's address, its local part or the owner's name in a usual spelling.
 *
 * @param digest canonical: lower-case hexadecimal SM3
 */
export function isGuessable (common: CommonPasswords, digest: string, { email, name = '' }: PasswordOwner): boolean {
  const words = [email, email.slice(0, email.lastIndexOf('@')), name, name.replace(/\s/g, '')]
  const guesses = ['', ...words, ...words.flatMap(spellings)]
  // Every guess is digested, so that the time does not tell which one it was.
  return [common.has(digest), ...guesses.map(guess => hash('sm3', guess) === digest)].includes(true)
}
