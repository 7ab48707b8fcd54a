import { setTimeout as sleep } from 'node:timers/promises'
import { TOKEN_TYPE } from '../src/keys/signer.ts'
import { inTurn, many, tally, type Attack, type Outcome } from './attack.ts'
import { claimsOf, get, HEADER, headerOf, keyed, loggedIn, part, refused, withToken } from './forgery.ts'
import type { Ground } from './ground.ts'
import { ask, askRaw, type Answer, type Asking } from './http.ts'

const TYPES: unknown[] = [undefined, null, '', 'JWT', 'jwt', 'at', 'at+jwt2', 'rt+jwt', 'id+jwt', 'logout+jwt', 'dpop+jwt', 'secevent+jwt', 'application/jwt', 'text/at+jwt', 1, [TOKEN_TYPE], { typ: TOKEN_TYPE }, `${TOKEN_TYPE};v=1`]

/** Everywhere that a token can be put beside the one place for it. */
function elsewhere (token: string): Array<{ path: string, asking: Asking }> {
  const basic = Buffer.from(`x:${token}`).toString('base64')
  const headers = [
    { cookie: `token=${token}; access_token=${token}; Authorization=Bearer ${token}` }, { 'x-authorization': `Bearer ${token}` }, { 'x-access-token': token }, { 'proxy-authorization': `Bearer ${token}` }, { 'x-forwarded-authorization': `Bearer ${token}` }, { 'sec-websocket-protocol': `bearer, ${token}` },
    ...[token, `Token ${token}`, `Basic ${basic}`, `JWT ${token}`, `Bearer: ${token}`, `Bearer=${token}`, `Bearer "${token}"`, `Bearer ${token},`, `Bearer ${token}, Bearer ${token}`, `Bearer ${token} ${token}`, `Bearer access_token=${token}`, `Bearer\t${token}`, `DPoP ${token}`, `Digest ${token}`].map(authorization => ({ authorization }))
  ]
  return [
    ...['access_token', 'token', 'Token', 'Authorization', 'jwt'].map(name => ({ path: `?${name}=${token}`, asking: {} })), { path: `?Authorization=Bearer%20${token}`, asking: {} },
    ...headers.map(each => ({ path: '', asking: { headers: each } }))
  ]
}

const challenge = ({ headers }: Answer): string => String(headers['www-authenticate'])

/** Header lines as no client sends them; of several, where the good one stands. */
async function severalLines ({ main }: Ground): Promise<Outcome> {
  const [{ token, id }, { token: other }] = [await loggedIn(main), await loggedIn(main)]
  const forged = keyed({ ...HEADER, alg: 'none' }, claimsOf(token))
  const bad = [forged, '', 'x', `${token}x`].map(first => [`Bearer ${first}`, `Bearer ${token}`])
  const answers = await Promise.all(bad.map(authorization => get(main, '/CheckJWTToken', { headers: { authorization } })))
  const two = await get(main, '/CheckJWTToken', { headers: { authorization: [`Bearer ${token}`, `Bearer ${other}`] } })
  const spoke = two.code === 401 || two.headers['x-auth-user-id'] === id
  return { held: answers.every(({ code }) => code === 401) && spoke, came: `${tally(answers)} where a bad one comes first; of two good ones ${two.code === 401 ? 'neither' : 'the first'} speaks` }
}

function malformed (token: string): string[] {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const nested = keyed({ ...HEADER, cty: 'JWT' }, part(token))
  const odd = ['', '.', '..', '...', 'a.b.c', '.'.repeat(500), '\u0080', '\u00ff'.repeat(50), '%00', '{}', 'null', `${header}..${signature}`, `.${payload}.${signature}`, `${header}.${payload}.`, `${header}.${payload}.${signature}.x.y`, token.repeat(3), 'A'.repeat(14_000), `${token}${'A'.repeat(2_000)}`, `${header}.${payload}.${'A'.repeat(10_000)}`]
  const shapes = ['null', '1', '"x"', '[]', '[[]]', '{', '{"alg":', '\0', '\ud83d\ude08', '{"alg":"HS256"}'.repeat(2), '['.repeat(900), '{"a":'.repeat(200), '{"alg":"HS256","alg":"none"}', '{"__proto__":{"alg":"none"}}', ' ', '\ufeff{}']
  return [...odd, nested, ...shapes.flatMap(text => [keyed(text, claimsOf(token)), keyed(headerOf(token), text), `${part(text)}.${part(text)}.${part(text)}`, keyed({ ...headerOf(token), x: text.repeat(3) }, text)])]
}

/** Cuts whatever listens for revocations while sessions end, and tells lies on its channel. */
async function deaf ({ main }: Ground): Promise<Outcome> {
  const [here, there] = main.processes
  const [channel = ''] = (await main.redis.pubsub('CHANNELS', 'dream:*')).map(String)
  const lies = ['', 'null', '{}', '[', '[1]', '["account 1e9"]', '["session x"]', '[null]', JSON.stringify(['account 1', '__proto__']), 'x'.repeat(100_000), JSON.stringify(Array.from({ length: 2_000 }, (_, i) => `account ${i}`))]
  let late = 0
  let kept = 0
  await inTurn(8, async () => {
    const { token } = await loggedIn(main)
    const witness = await loggedIn(main)
    for (let i = 0; i < 2; i++) await main.check(token)
    const cutting = Promise.all([main.redis.call('CLIENT', 'KILL', 'TYPE', 'pubsub'), ...lies.map(lie => main.redis.publish(channel, lie))])
    await ask(here?.url ?? '', '/Auth/Logout', withToken(token))
    await cutting
    await sleep(1_000)
    for (let i = 0; i < 5; i++) if ((await ask(there?.url ?? '', '/CheckJWTToken', withToken(token, { method: 'GET' }))).code === 200) late++
    if ((await main.check(witness.token)).every(code => code === 200)) kept++
  })
  return { held: late === 0 && kept === 8 && channel !== '', came: `${late} of 40 checks by the other process good a second later; ${kept} of 8 other tokens still good` }
}

/** Rotates the keys of a running service, lets one leak, and revokes it. */
async function rotation ({ dear }: Ground): Promise<Outcome> {
  const before = await loggedIn(dear)
  await dear.run('keys', 'rotate', '--force')
  const after = await loggedInUnder(dear, String(headerOf(before.token).kid))
  const [old, fresh] = [await dear.check(before.token), await dear.check(after.token)]
  await dear.run('keys', 'revoke', String(headerOf(before.token).kid))
  const ended = await eventually(async () => (await dear.check(before.token)).every(code => code === 401))
  const still = await dear.check(after.token)
  const held = [...old, ...fresh, ...still].every(code => code === 200) && ended && headerOf(before.token).kid !== headerOf(after.token).kid
  return { held, came: `the old key's token ${old.join(' and ')} beside the new one's ${fresh.join(' and ')}; ${ended ? '401' : 'still good'} once it was revoked, the new one's ${still.join(' and ')}` }
}

async function eventually (so: () => Promise<boolean>): Promise<boolean> {
  for (let i = 0; i < 60; i++) {
    if (await so()) return true
    await sleep(250)
  }
  return false
}

async function loggedInUnder (deployment: Ground['dear'], otherThan: string): ReturnType<typeof loggedIn> {
  const first = await loggedIn(deployment)
  let latest = first
  await eventually(async () => {
    const { body } = await deployment.login(first.owner, first.home)
    latest = { ...first, token: String(body.Token) }
    return headerOf(latest.token).kid !== otherThan
  })
  return latest
}

export const bearing: Attack[] = [{
  id: 'T5',
  defence: 'old keys are accepted beside the one that signs until their tokens have ended, unless they are revoked',
  probes: [{ tried: 'rotation of the keys of two running processes, then the old key leaks and is revoked', run: rotation }]
}, {
  id: 'T7',
  defence: `tokens say that they are ${TOKEN_TYPE}, and nothing else is taken for one`,
  probes: [{
    tried: `${TYPES.length} other types, under the right key`,
    async run ({ main }) {
      const { token } = await loggedIn(main)
      return refused(main, TYPES.map(typ => keyed({ ...headerOf(token), typ }, claimsOf(token))), token)
    }
  }]
}, {
  id: 'T8',
  defence: 'one header of one form (RFC 6750), and the challenge in each refusal',
  probes: [{
    tried: 'a good token in query, cookie, other headers and schemes; in the body of Refresh, Logout and ChangePassword',
    async run ({ main }) {
      const { token, owner } = await loggedIn(main)
      const asked = elsewhere(token)
      const answers = await many(asked.length, i => get(main, `/CheckJWTToken${asked[i]?.path}`, asked[i]?.asking))
      const inBody = await Promise.all(['/Auth/Refresh', '/Auth/Logout', '/Auth/ChangePassword'].flatMap(path => [{ Token: token }, { access_token: token }, { Authorization: `Bearer ${token}`, Password: owner.Password }].map(body => main.post(path, body))))
      const all = [...answers, ...inBody]
      return { held: all.every(answer => answer.code === 401 && challenge(answer).startsWith('Bearer realm=')), came: tally(all) }
    }
  }, {
    tried: 'the challenge: without a token, with a bad one',
    async run ({ main }) {
      const [none, bad] = [await get(main, '/CheckJWTToken'), await get(main, '/CheckJWTToken', withToken('x'))]
      return { held: !challenge(none).includes('error') && challenge(bad).includes('error="invalid_token"'), came: `${challenge(none)} and ${challenge(bad)}` }
    }
  }, { tried: 'several Authorization lines', run: severalLines }]
}, {
  id: 'T9',
  defence: 'what is no token is 401; who cannot hear of revocations asks the database',
  probes: [{
    tried: 'malformed, nested, deep, huge and foreign tokens and bytes',
    async run ({ main }) {
      const { token } = await loggedIn(main)
      const all = malformed(token)
      const answers = await many(all.length, i => get(main, '/CheckJWTToken', withToken(all[i])), 20)
      const raw = await inTurn(6, i => askRaw(main.processes[0]?.url ?? '', `GET /CheckJWTToken HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer ${['\x01', '\xff\xfe', `${token}\x0b`, `${token}\r\n\tx`, 'x'.repeat(17_000), ` ${token}\x7f`][i]}\r\n\r\n`))
      const held = answers.every(({ code }) => code === 401) && raw.every(({ status }) => [400, 401, 431].includes(status))
      return { held, came: `${tally(answers)}, the slowest in ${Math.max(...answers.map(({ ms }) => ms)).toFixed(0)} ms; raw bytes ${raw.map(({ status }) => status).join(', ')}` }
    }
  }, { tried: 'the connections that hear of revocations are cut, and lies told on their channel, while eight sessions end', run: deaf }]
}]
