import { createHmac, hkdfSync } from 'node:crypto'

/** A secret outside the database without which nothing in it can be guessed at. */
export interface Pepper {
  /** Says which pepper a hash was made with, and nothing about the secret. */
  id: string
  /** The keyed hash of an input, HMAC-SM3, in hexadecimal. */
  apply: (input: string) => string
}

const ID_BYTES = 4

export function createPepper (secret: string): Pepper {
  const derived = (purpose: string, bytes: number): Buffer => Buffer.from(hkdfSync('sha256', secret, '', `dream-auth pepper ${purpose}`, bytes))
  const key = derived('key', 32)
  return {
    id: derived('id', ID_BYTES).toString('hex'),
    apply: input => createHmac('sm3', key).update(input).digest('hex')
  }
}
