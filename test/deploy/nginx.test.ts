import { createHmac } from 'node:crypto'
import t, { type Test } from 'tap'
import { catalogue } from '../../src/catalogue.ts'
import { bearer, modes, type Answer, type World } from '../helper.ts'
import { newPerson } from '../support/faults.ts'
import { ANSWER, guarded, noNginx, type Guarded } from '../support/nginx.ts'

const skip = noNginx
const encode = (json: unknown): string => Buffer.from(JSON.stringify(json)).toString('base64url')
const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString())

type Person = ReturnType<typeof newPerson>

/** Everything that ends the tokens of a person at once. */
const endings: Record<string, (world: World, person: Person, token: string) => Promise<Answer>> = {
  'a logout': ({ post }, _person, token) => post('/Auth/Logout', undefined, bearer(token)),
  'a new password': async (world, { Email, Password }) => {
    await world.post('/Auth/ResetPassword', { Email })
    return world.post('/Auth/UpdatePassword', { Email, Password, VerifyCode: await world.codeFor(Email) })
  }
}

/** Nothing of it got through, and the client was told as RFC 6750 has it. */
async function refused (t: Test, { ask, received }: Guarded, sending: Parameters<Guarded['ask']>[0], why: string, challenge = 'Bearer realm="dream", error="invalid_token"'): Promise<void> {
  const before = received.length
  t.match(await ask(sending), { status: 401, headers: { 'www-authenticate': challenge, 'cache-control': 'no-store' }, body: { Code: 401, Msg: catalogue.Unauthorized.zh } }, why)
  t.equal(received.length, before, `${why}: the application has not heard of it`)
}

for (const mode of modes) {
  t.test(`${mode}: T8: behind nginx, a valid token is let through with exactly its identity, whatever the method`, { skip }, async t => {
    const [alice, root] = [newPerson(), newPerson()]
    const { world, ask, received } = await guarded(t, mode, { BOOTSTRAP_ADMIN_EMAIL: root.Email, BOOTSTRAP_ADMIN_PASSWORD: root.Password })
    await world.register(alice)
    for (const [person, role] of [[alice, 'user'], [root, 'super_admin']] as const) {
      const [row] = await world.rows(`SELECT UserID FROM Users WHERE Email = '${person.Email}'`)
      const token = await world.login(person)
      for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
        const body = ['POST', 'PUT', 'PATCH'].includes(method) ? `{"dream":"${'z'.repeat(100_000)}"}` : ''
        t.match(await ask({ method, path: '/dreams/1?a=%2Fb', token, body }), { status: 200, text: method === 'HEAD' ? '' : ANSWER }, method)
        const last = received.at(-1)
        t.match(last, { method, url: '/dreams/1?a=%2Fb', body })
        t.strictSame([last?.values('X-Auth-User-Id'), last?.values('X-Auth-Role')], [[String(row?.UserID)], [role]], `${method}: the identity`)
        t.strictSame(last?.values('Authorization'), [], 'the token itself stays with nginx')
      }
    }
    t.equal(received.length, 14)
  })

  t.test(`${mode}: T1, T8: behind nginx, no token and none of ours is 401 with a challenge`, { skip }, async t => {
    const scene = await guarded(t, mode)
    const alice = newPerson()
    await scene.world.register(alice)
    const token = await scene.world.login(alice)
    const [header = '', claims = '', signature = ''] = token.split('.')
    const none = encode({ ...decode(header), alg: 'none' })
    const stranger = createHmac('sha256', 'a key of somebody else: 51ac6d0f').update(`${header}.${claims}`).digest('base64url')
    const root = `${header}.${encode({ ...decode(claims), sub: '1000' })}.${signature}`

    for (const [why, sending] of Object.entries({
      'no token': {},
      'another scheme': { headers: [['Authorization', 'Basic YWxpY2U6YWxpY2U=']] },
      'a token in the query': { path: `/?access_token=${token}&token=${token}&Authorization=Bearer%20${token}` },
      'a token in a cookie': { headers: [['Cookie', `Authorization=Bearer ${token}; access_token=${token}`]] },
      'a token in a body': { method: 'POST', headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: `access_token=${token}` },
      'a token in another header': { headers: [['X-Authorization', `Bearer ${token}`], ['Proxy-Authorization', `Bearer ${token}`]] }
    } satisfies Record<string, Parameters<Guarded['ask']>[0]>)) await refused(t, scene, sending, why, 'Bearer realm="dream"')

    for (const [why, sent] of Object.entries({
      malformed: 'not-a-token',
      'no signature': `${header}.${claims}.`,
      'cut off': token.slice(0, -1),
      'the signature of another key': `${header}.${claims}.${stranger}`,
      'the claims of another account': root,
      'alg none without a signature': `${none}.${claims}.`,
      'alg none with the old one': `${none}.${claims}.${signature}`,
      'two tokens': `${token},${token}`,
      'a token of 3,000 characters': `${header}.${'a'.repeat(3000)}.${signature}`
    })) await refused(t, scene, { token: sent }, why)

    t.match(await scene.ask({ headers: [['Accept-Language', 'en']] }), { status: 401, body: { Code: 401, Msg: catalogue.Unauthorized.en } })
    t.match(await scene.ask({ token }), { status: 200 }, 'and the token itself is good')
  })

  t.test(`${mode}: behind nginx, a token is refused from the second it expires`, { skip }, async t => {
    const scene = await guarded(t, mode, { JWT_EXPIRES_IN: '1h' })
    const alice = newPerson()
    await scene.world.register(alice)
    const token = await scene.world.login(alice)
    const { exp } = decode(token.split('.')[1])
    // The clock of a token is the wall clock, which stands still here.
    const { now } = Date
    t.teardown(() => { Date.now = now })
    Date.now = () => Number(exp) * 1000 - 1
    t.match(await scene.ask({ token }), { status: 200 }, 'and not before')
    Date.now = () => Number(exp) * 1000
    await refused(t, scene, { token }, 'expired')
  })

  for (const [what, end] of Object.entries(endings)) {
    t.test(`${mode}: T6: behind nginx, ${what} ends a token with the next request`, { skip }, async t => {
      const scene = await guarded(t, mode)
      const [alice, bob] = [newPerson(), newPerson()]
      for (const person of [alice, bob]) await scene.world.register(person)
      const [token, other] = [await scene.world.login(alice), await scene.world.login(bob)]
      // Whatever might keep an answer has one to keep.
      for (let i = 0; i < 3; i++) t.match(await scene.ask({ token }), { status: 200 })
      t.match(await end(scene.world, alice, token), { status: 200, body: { Code: 200 } })
      await refused(t, scene, { token }, what)
      t.match(await scene.ask({ token: other }), { status: 200 }, 'nobody else is affected')
    })
  }
}
