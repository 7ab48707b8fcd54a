import { createHmac } from 'node:crypto'

type Json = Record<string, unknown>

export const encode = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')

export const seconds = (): number => Math.floor(Date.now() / 1_000)

/** What a token of ours says; a claim that is given as `undefined` is left out. */
export const claims = (given: Json = {}): Json => ({ sub: '1', jti: 'a-unique-id', iss: 'dream', aud: 'dream', iat: seconds(), exp: seconds() + 60, ...given })

/** A token over this header and these claims, with whatever signature somebody makes of them. */
export function forge (header: Json, payload: Json, signature: (input: string) => Buffer | string): string {
  const input = `${encode({ typ: 'at+jwt', ...header })}.${encode(payload)}`
  const made = signature(input)
  return `${input}.${typeof made === 'string' ? made : made.toString('base64url')}`
}

export const hmac = (key: Buffer | string, algorithm = 'sha256') => (input: string): Buffer => createHmac(algorithm, key).update(input).digest()

/** A part of a token: 0 for the header, 1 for the claims. */
export function part (token: string, index: 0 | 1): Json {
  return JSON.parse(Buffer.from(token.split('.')[index] ?? '', 'base64url').toString())
}
