import { createPrivateKey, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Algorithm } from '../../src/keys/key.ts'
import { writeKeyFile } from '../../src/keys/key-file.ts'
import { createKeySet, type KeySet, type StoredKey } from '../../src/keys/key-set.ts'
import { seconds } from './forge.ts'

export const SECRET = 'a key for tests: 9f2b7c41e8d05a63b1f4'
export const LIFETIME = 7 * 86_400

/** What a change of the keys is told. */
export const moment = (alg: Algorithm, now = seconds()): { now: number, lifetime: number, alg: Algorithm } => ({ now, lifetime: LIFETIME, alg })

/** A path for a key file, in a folder that goes with the test. */
export function keyFile (t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'dream-keys-'))
  t.teardown(() => { rmSync(folder, { recursive: true, force: true }) })
  return join(folder, 'jwt-keys.json')
}

/** A key file with new keys, and settings that name it. */
export function withKeys (t: Test, alg: Algorithm, set: KeySet = createKeySet(SECRET, moment(alg))): { file: string, set: KeySet, settings: Record<string, string> } {
  const file = keyFile(t)
  writeKeyFile(file, set)
  return { file, set, settings: { JWT_SECRET_KEY: SECRET, JWT_KEYS_FILE: file, JWT_ALGORITHM: alg } }
}

export function keyOf (set: KeySet, state: StoredKey['state']): StoredKey {
  const key = set.keys.find(key => key.state === state)
  if (key === undefined) throw new Error(`no ${state} key`)
  return key
}

export const privateKeyOf = ({ members }: StoredKey): KeyObject => createPrivateKey({ key: members, format: 'jwk' })

/** A signature as the key's algorithm has it. */
export function signature (key: StoredKey): (input: string) => Buffer {
  const privateKey = privateKeyOf(key)
  return input => sign(key.alg === 'EdDSA' ? null : 'sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' })
}
