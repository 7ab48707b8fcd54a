import { createHmac, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { TOKEN_TYPE } from '../src/keys/signer.ts'
import { secretId } from '../src/keys/key.ts'
import { many, tally } from './attack.ts'
import { freshNetwork, SECRET, type Deployment, type Person } from './ground.ts'
import { ask, jsonOf, type Answer, type Asking } from './http.ts'

export type Json = Record<string, unknown>

/** A part of a token: of text as it is, of anything else its JSON. */
export const part = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

export const HEADER = { alg: 'HS256', typ: TOKEN_TYPE, kid: secretId(SECRET) }

export function headerOf (token: string): Json {
  return jsonOf(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
}

export function claimsOf (token: string): Json {
  return jsonOf(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

/** A token with an HMAC: with the service's own secret unless said, as another service that shares it might sign. */
export function keyed (header: unknown, claims: unknown, secret: string | Buffer = SECRET, digest = 'sha256'): string {
  const text = `${part(header)}.${part(claims)}`
  return `${text}.${createHmac(digest, secret).update(text).digest('base64url')}`
}

/** Key pairs of the attacker's own. */
export const pairs = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  EdDSA: generateKeyPairSync('ed25519')
}

export function signed (header: unknown, claims: unknown, key: KeyObject): string {
  const text = `${part(header)}.${part(claims)}`
  const digest = key.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  return `${text}.${sign(digest, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}

export const withToken = (token: unknown, asking: Asking = {}): Asking => ({ ...asking, headers: { ...asking.headers, authorization: `Bearer ${String(token)}` } })

/** Somebody who is logged in. */
export async function loggedIn (deployment: Deployment, person?: Person): Promise<{ owner: Person, home: string, token: string, id: string }> {
  const owner = await deployment.register(person)
  const home = freshNetwork()
  const { body, text } = await deployment.login(owner, home)
  if (typeof body.Token !== 'string') throw new Error(`not logged in: ${text}`)
  return { owner, home, token: body.Token, id: String(body.UserID) }
}

export const get = (deployment: Deployment, path: string, asking: Asking = {}): Promise<Answer> => deployment.post(path, undefined, { ...asking, method: 'GET' })

const ROUTES: Array<[method: string, path: string]> = [['GET', '/CheckJWTToken'], ['GET', '/Auth/Sessions'], ['POST', '/Auth/Refresh']]

/** Shows each token to every process at three routes. Held where all say 401 and a token of the same making that is sound is good. */
export async function refused (deployment: Deployment, tokens: string[], sound?: string): Promise<{ held: boolean, came: string }> {
  const asked = deployment.processes.flatMap(({ url }) => ROUTES.flatMap(([method, path]) => tokens.map(token => ({ url, method, path, token }))))
  const answers = await many(asked.length, async i => {
    const { url, method, path, token } = asked[i] ?? { url: '', method: '', path: '', token: '' }
    return ask(url, path, withToken(token, { method }))
  }, 20)
  const control = sound === undefined ? [] : await deployment.check(sound)
  const accepted = new Set(asked.flatMap(({ token }, i) => answers[i]?.code === 200 ? [token] : []))
  const named = [...accepted].slice(0, 6).map(token => token.split('.').slice(0, 2).map(each => Buffer.from(each, 'base64url').toString()).join(' '))
  return { held: answers.every(({ status, code }) => status === 401 && code === 401) && control.every(code => code === 200), came: `${tokens.length} tokens: ${tally(answers)}${sound === undefined ? '' : `; a sound one ${control.join(' and ')}`}${named.map(each => `; accepted ${each}`).join('')}` }
}
