import { createHash, timingSafeEqual } from 'node:crypto'
import type { Inner } from './phc.ts'

/** A password as it arrived, and its canonical digest: lower-case hexadecimal SM3 (GB/T 32905). Neither is ever stored or logged. */
export interface SentPassword { sent: string, digest: string }

const HEX_64 = /^[0-9a-f]{64}$/i
/** Whether a text is 64 hexadecimal digits: a digest that a client sent, or a hash as the old service stored it. */
export const isDigest = (text: string): boolean => HEX_64.test(text)

export function hex (algorithm: 'sha256' | 'sm3', text: string): string {
  return createHash(algorithm).update(text).digest('hex')
}

/**
 * What the old service may have stored for this password, likeliest first. It stored, without salt, SHA-256 of the string that
 * its client sent, or "its SM3": of that string, or the SM3 digest that the client had sent. Clients sent digests or passwords.
 */
export function readingsOf (inner: Inner, { sent, digest }: SentPassword): string[] {
  const sha256 = inner === 'sm3' ? [] : [hex('sha256', digest), hex('sha256', sent)]
  const sm3 = inner === 'sha256' ? [] : [digest, hex('sm3', digest)]
  return [...new Set([...sha256, ...sm3])]
}

/** The most readings that a form has: each may cost that part of a whole hash, so that trying all costs no more than one. */
export const MOST_READINGS: Record<Inner, number> = { sha256: 2, sm3: 2, any: 4 }

/** Whether a bare hash of the old service, 64 hexadecimal digits that do not say what made them, is of this password. */
export function matchesBareHash (stored: string, password: SentPassword): boolean {
  const bare = Buffer.from(stored, 'hex')
  const readings = [...readingsOf('any', password), hex('sm3', password.sent)]
  // Every reading is compared, so that the time does not tell which one it was.
  return readings.map(reading => timingSafeEqual(Buffer.from(reading, 'hex'), bare)).includes(true)
}
