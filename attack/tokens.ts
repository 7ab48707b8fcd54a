import { spawn } from 'node:child_process'
import { createPublicKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { settings } from '../src/config.ts'
import { root } from '../src/root.ts'
import { many, type Attack, type Outcome } from './attack.ts'
import { claimsOf, get, HEADER, headerOf, keyed, loggedIn, pairs, part, refused, signed, type Json } from './forgery.ts'
import { SECRET, type Ground } from './ground.ts'

const { default: issuer } = settings.JWT_ISSUER
const WEAK = ['too little', 'x'.repeat(64), 'your-secret-key-your-secret-key-1234', 'change-me-change-me-change-me-0123456789', ' '.repeat(40), 'abababababababababababababababababababab', '']

const without = (claims: Json, name: string): Json => Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

function otherAlgorithms (header: Json, claims: Json, token: string): string[] {
  const [, , signature = ''] = token.split('.')
  const none = ['none', 'None', 'NONE', 'nOnE', '', null, false, ['none'], undefined].flatMap(alg => ['', signature].map(end => `${part({ ...header, alg })}.${part(claims)}.${end}`))
  const odd = ['hs256', 'HS256 ', ['HS256'], { toString: 'HS256' }, 256, 'HS1', 'dir', 'A128KW', '__proto__', 'constructor'].map(alg => keyed({ ...header, alg }, claims))
  const longer = [['HS384', 'sha384'], ['HS512', 'sha512']].map(([alg, digest]) => keyed({ ...header, alg }, claims, SECRET, digest))
  const own = Object.entries(pairs).flatMap(([alg, { privateKey }]) => [alg, 'HS256', 'PS256'].flatMap(said => [signed({ ...header, alg: said }, claims, privateKey), signed({ ...without(header, 'kid'), alg: said }, claims, privateKey)]))
  const keys = ['', '\0', 'secret', 'null', 'undefined', SECRET.slice(0, -1), SECRET.toUpperCase()].map(secret => keyed(header, claims, secret))
  const bent = Array.from(signature, (letter, i) => `${part(header)}.${part(claims)}.${signature.slice(0, i)}${letter === 'A' ? 'B' : 'A'}${signature.slice(i + 1)}`)
  const changed = [{ sub: '987654' }, { gen: 7 }, { exp: 9_999_999_999 }, { sid: '00000000-0000-0000-0000-000000000000' }].map(change => `${part(header)}.${part({ ...claims, ...change })}.${signature}`)
  return [...none, ...odd, ...longer, ...own, ...keys, ...bent, ...changed, `${part(header)}.${part(claims)}`, `${part(header)}.${part(claims)}.${signature}=`, `${part(header)}.${part(claims)}.${signature}.${signature}`]
}

/** Tokens under HMAC with what everybody can read: the public key, in each form that a library may take for a secret. */
async function publicKeyAsSecret ({ dear }: Ground): Promise<Outcome> {
  const { token } = await loggedIn(dear)
  const { body } = await get(dear, '/.well-known/jwks.json')
  const jwks: Json[] = Array.isArray(body.keys) ? body.keys : []
  const forged = jwks.flatMap(jwk => {
    const key = createPublicKey({ key: jwk, format: 'jwk' })
    const forms = [key.export({ type: 'spki', format: 'pem' }), String(key.export({ type: 'spki', format: 'pem' })).trim(), key.export({ type: 'spki', format: 'der' }), Buffer.from(String(jwk.x), 'base64url'), String(jwk.x), JSON.stringify(jwk), JSON.stringify({ keys: jwks })]
    return forms.flatMap(secret => [{ alg: 'HS256' }, { alg: 'EdDSA' }, { alg: 'HS512' }].map(alg => keyed({ ...headerOf(token), ...alg, kid: jwk.kid }, claimsOf(token), secret)))
  })
  const ofSecret = keyed({ ...headerOf(token), alg: 'HS256' }, claimsOf(token))
  const { held, came } = await refused(dear, [...forged, ofSecret, ...otherAlgorithms(headerOf(token), claimsOf(token), token)], token)
  return { held: held && jwks.length > 1, came: `${jwks.length} published keys; ${came}` }
}

async function startWith (secret: string): Promise<{ code: number | null, said: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('dist/server.js', root))], { cwd: '/', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, DB_HOST: '127.0.0.1', DB_PORT: '1', JWT_SECRET_KEY: secret, HOST: '127.0.0.1', PORT: '0' } })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => { said += String(chunk) })
  const timer = setTimeout(() => { child.kill() }, 5_000)
  await once(child, 'close')
  clearTimeout(timer)
  return { code: child.exitCode, said }
}

/** Signs with a key of the attacker's own, and offers it by every header that can bring one along. */
async function ownKeys ({ main }: Ground): Promise<Outcome> {
  let fetched = 0
  const { publicKey, privateKey } = pairs.RS256
  const jwk = { ...publicKey.export({ format: 'jwk' }), kid: 'mine', alg: 'RS256', use: 'sig' }
  const server = createServer((_request, response) => {
    fetched++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/keys.json`
  const { token } = await loggedIn(main)
  const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64')
  const offers: Json[] = [{ jku: url }, { jwk }, { x5u: url }, { x5c: [der] }, { jku: url, kid: 'mine' }, { kid: url }, { jwk: { kty: 'oct', k: part('mine') } }, { 'x5t#S256': part('mine'), x5c: [der] }, { jku: url, jwk, x5u: url, x5c: [der], kid: undefined }]
  const forged = offers.flatMap(offer => [signed({ ...HEADER, ...offer, alg: 'RS256' }, claimsOf(token), privateKey), keyed({ ...HEADER, ...offer }, claimsOf(token), 'mine')])
  const { held, came } = await refused(main, forged, token)
  server.close()
  return { held: held && fetched === 0, came: `${came}; ${fetched} keys fetched` }
}

const KIDS: unknown[] = ['../../../../../../dev/null', '/dev/null', 'file:///dev/null', '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', '0', 'default', 'current', null, 0, 1, true, [], {}, [HEADER.kid], { toString: HEADER.kid }, "' OR '1'='1", "x' UNION SELECT 'secret", '|cat /etc/passwd', '%00', `${HEADER.kid}\0`, `${HEADER.kid} `, HEADER.kid.toUpperCase() + 'X', 'k'.repeat(1_000), '\u202e', '*', '.*']

export const tokens: Attack[] = [{
  id: 'T1',
  defence: 'each key has one algorithm, and no other is tried',
  probes: [{
    tried: 'no signature, other algorithms, keys of the attacker\'s own, bent signatures and changed claims',
    async run ({ main }) {
      const { token } = await loggedIn(main)
      return refused(main, otherAlgorithms(headerOf(token), claimsOf(token), token), keyed(headerOf(token), claimsOf(token)))
    }
  }, { tried: 'at a service that signs with EdDSA: its public keys as HMAC secrets, and the secret under the id of another key', run: publicKeyAsSecret }]
}, {
  id: 'T2',
  defence: 'the start is refused, and names the setting alone',
  probes: [{
    tried: `${WEAK.length} short, uniform and example secrets`,
    async run () {
      const starts = await many(WEAK.length, i => startWith(WEAK[i] ?? ''), 2)
      const told = starts.filter(({ said }, i) => (WEAK[i] ?? '').trim() !== '' && said.includes(WEAK[i] ?? ''))
      return { held: starts.every(({ code, said }) => code === 1 && said.includes('JWT_SECRET_KEY')) && told.length === 0, came: `exit codes ${[...new Set(starts.map(({ code }) => code))].join(', ')}; ${told.length} values shown` }
    }
  }]
}, {
  id: 'T3',
  defence: 'every claim is required, of its type, and agrees with the session in the database',
  probes: [{
    tried: 'tokens under the right key: claims left out, of other types, of other services, of another\'s session, twice, out of time',
    async run ({ main }) {
      const [{ token, id }, victim, witness] = [await loggedIn(main), await loggedIn(main), await loggedIn(main)]
      const claims = claimsOf(token)
      const { sid, exp, iat } = claims
      const names = ['sub', 'sid', 'gen', 'jti', 'iat', 'exp', 'iss', 'aud']
      const wrong: Json[] = [
        ...names.flatMap(name => [null, '', [], {}, true, 1.5, -1].map(value => ({ [name]: value }))),
        ...['0', '-1', '01', ' 1', '1e0', `${id} `, `${id}.0`, `+${id}`, Number(id), [id], victim.id, '9'.repeat(30)].map(sub => ({ sub })),
        ...[claimsOf(victim.token).sid, String(sid).toUpperCase(), `${String(sid)} `, `${String(sid)}' OR '1'='1`, [sid], 'x'.repeat(36), '%'].map(value => ({ sid: value })),
        ...[1, 2, 1e9, 2 ** 53, '0', -0.5].map(gen => ({ gen })),
        ...[`${issuer}x`, issuer.toUpperCase(), `${issuer} `, ['evil']].flatMap(other => [{ iss: other }, { aud: other }]),
        { exp: Number(iat) - 1 }, { exp: String(exp) }, { exp: 1e300 }, { nbf: Number(exp) }, { iat: String(iat) }
      ]
      const twice = [`{"sub":"${victim.id}",`, `{"sid":"${String(claimsOf(victim.token).sid)}",`].map(start => keyed(headerOf(token), `${start}${JSON.stringify(claims).slice(1)}`))
      const last = [`,"sub":"${victim.id}"}`, `,"sid":"${String(claimsOf(victim.token).sid)}"}`, ',"__proto__":{"sub":"1"},"sub":null}'].map(end => keyed(headerOf(token), `${JSON.stringify(claims).slice(0, -1)}${end}`))
      const outcome = await refused(main, [...names.map(name => keyed(headerOf(token), without(claims, name))), ...wrong.map(change => keyed(headerOf(token), { ...claims, ...change })), ...last], keyed(headerOf(witness.token), claimsOf(witness.token)))
      const spoke = await Promise.all(twice.map(each => get(main, '/CheckJWTToken', { headers: { authorization: `Bearer ${each}` } })))
      return { held: outcome.held && spoke.every(({ code, headers }) => code === 401 || headers['x-auth-user-id'] === id), came: `${outcome.came}; of two values the last counts` }
    }
  }]
}, {
  id: 'T4',
  defence: 'a key is found by its id in a list, and by nothing else; critical extensions are refused',
  probes: [{ tried: 'jku, jwk, x5u, x5c with keys of the attacker\'s own, which a server offers', run: ownKeys }, {
    tried: `${KIDS.length} key ids: paths, names of every object's members, SQL, other types, signed with nothing and with the secret`,
    async run ({ main }) {
      const { token } = await loggedIn(main)
      return refused(main, KIDS.flatMap(kid => ['', '\0', SECRET].map(secret => keyed({ ...HEADER, kid }, claimsOf(token), secret))), token)
    }
  }, {
    tried: 'crit and b64 in every form, under the right key',
    async run ({ main }) {
      const { token } = await loggedIn(main)
      const claims = claimsOf(token)
      const crit: unknown[] = [['b64'], ['exp'], [], null, '', 'b64', ['x'], {}, ['alg'], [null]]
      const unencoded = `${part({ ...HEADER, b64: false, crit: ['b64'] })}.${JSON.stringify(claims)}.x`
      return refused(main, [...crit.flatMap(value => [keyed({ ...HEADER, crit: value }, claims), keyed({ ...HEADER, crit: value, b64: false, x: 1 }, claims)]), unencoded], token)
    }
  }]
}]
