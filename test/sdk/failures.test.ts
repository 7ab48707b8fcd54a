import type { ServerResponse } from 'node:http'
import t from 'tap'
import { createDreamAuth, memoryStore, NetworkError } from '../../sdk/src/index.ts'
import { network, pretend } from './service.ts'
import { serveAll } from './signed-in.ts'

const services = await serveAll(t)
const somebody = { Email: 'alice@example.com', Password: 'correct horse battery staple' }
const UNREACHABLE = { ok: false, error: 'Unreachable', Code: 0, Msg: 'The service could not be reached: check the network and try again' }

/** Answers with an envelope. */
function send (response: ServerResponse, status: number, answer: Record<string, unknown>): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
}

t.test('what is no answer of the service is a result as well, and nothing is thrown', async t => {
  const answers: Record<string, (response: ServerResponse) => void> = {
    'a connection that is cut': response => { response.destroy() },
    'an answer that never comes': () => {},
    'an answer that never ends': response => { response.writeHead(200, { 'content-type': 'application/json' }).write('{"Code": 200,') },
    'a page of a proxy as an error': response => { response.writeHead(502).end('<h1>Bad Gateway</h1>') },
    'a page of a proxy as a success': response => { response.writeHead(200).end('<h1>Welcome to this hotel</h1>') },
    'the status of a proxy that is also a Code': response => { response.writeHead(503, { 'content-type': 'application/json' }).end('{"error": 503}') },
    'nothing at all': response => { response.writeHead(204).end() }
  }
  for (const [what, answer] of Object.entries(answers)) {
    const baseUrl = await pretend(t, (_, response) => answer(response))
    const auth = createDreamAuth({ baseUrl, language: 'en', timeoutMs: 300 })
    t.same(await auth.login(somebody), UNREACHABLE, what)
    t.equal(await auth.signedIn(), false)
  }
  t.same(await createDreamAuth({ baseUrl: 'http://127.0.0.1:1', language: 'en' }).login(somebody), UNREACHABLE, 'nobody there')
})

t.test('a digest goes nowhere but to the service: no redirection is followed', async t => {
  const bodies: string[] = []
  const elsewhere = await pretend(t, async (request, response) => {
    bodies.push(request.url ?? '')
    send(response, 200, { Code: 200, Msg: '', Token: 'x', UserID: 1 })
  })
  const baseUrl = await pretend(t, (_, response) => response.writeHead(307, { location: elsewhere }).end())
  t.match(await createDreamAuth({ baseUrl }).login(somebody), { ok: false, error: 'Unreachable' })
  t.same(bodies, [])
})

t.test('a Code that this version does not know, or not of this operation, is Unknown, with its number', async t => {
  for (const Code of [299, 599, 404, 401_000]) {
    const baseUrl = await pretend(t, (_, response) => send(response, 200, { Code, Msg: 'of a newer service' }))
    t.same(await createDreamAuth({ baseUrl }).login(somebody), { ok: false, error: 'Unknown', Code, Msg: 'of a newer service' })
  }
})

t.test('the service decides whether a success has a token: one without changes nothing', async t => {
  const baseUrl = await pretend(t, (_, response) => send(response, 200, { Code: 501, Msg: '', Token: 'x' }))
  const auth = createDreamAuth({ baseUrl })
  t.match(await auth.login(somebody), { ok: false, error: 'LoginFailed' })
  t.equal(await auth.signedIn(), false)
})

t.test('what a store throws reaches the caller, as no answer explains it', async t => {
  const baseUrl = await pretend(t, (_, response) => send(response, 200, { Code: 200, Msg: '' }))
  const auth = createDreamAuth({ baseUrl, store: { ...memoryStore(), get: () => { throw new Error('the vault is closed') } } })
  await t.rejects(auth.checkToken(), { message: 'the vault is closed' })
})

t.test('without an address, or with none, there is no client', async t => {
  t.throws(() => createDreamAuth(), TypeError)
  t.throws(() => createDreamAuth({ baseUrl: 'auth.example.com' }), TypeError)
  t.throws(() => createDreamAuth({ baseUrl: 'file:///auth' }), TypeError)
})

for (const { mode, world, signIn } of services) {
  t.test(`${mode}: a logout forgets the token even where the service cannot be reached, and says so`, async t => {
    const { auth, net, store, changes } = await signIn()
    net.before = async () => { throw new TypeError('no network') }
    t.match(await auth.logout(), { ok: false, error: 'Unreachable' })
    t.equal(await store.get(), undefined)
    t.same(changes, [true, false])
  })

  t.test(`${mode}: whoever ends the own session is signed out, and whoever ends another is not`, async t => {
    const { auth, another, person } = await signIn()
    const phone = another({ store: memoryStore() })
    await phone.login(person)
    const listed = await auth.listSessions()
    const sessions = listed.ok ? listed.Sessions : []
    const idOf = (current: boolean): string => sessions.find(({ Current }) => Current === current)?.SessionID ?? ''
    t.match(await auth.revokeSession({ SessionID: idOf(false) }), { ok: true, Code: 200 })
    t.equal(await auth.signedIn(), true)
    t.match(await phone.checkToken(), { ok: false, error: 'Unauthorized' })
    t.match(await auth.revokeSession({ SessionID: idOf(true) }), { ok: true, Code: 200 })
    t.equal(await auth.signedIn(), false)
  })

  t.test(`${mode}: the client underneath carries language and token, but no token where none is asked for`, async t => {
    const { another, net, store } = await signIn()
    let language = 'en'
    const { client } = another({ language: () => language })
    t.match((await client.GET('/CheckJWTToken')).data, { Code: 200, Msg: 'Success' })
    t.equal(net.sent.at(-1)?.headers.authorization, `Bearer ${await store.get()}`)
    language = 'zh'
    t.match((await client.POST('/Auth/ResetPassword', { body: { Email: 'nobody@example.com' } })).data, { Code: 503, Msg: '用户不存在' })
    t.equal(net.sent.at(-1)?.headers.authorization, undefined)
    net.before = async () => { throw new TypeError('no network') }
    await t.rejects(client.GET('/health'), NetworkError)
    const controller = new AbortController()
    controller.abort(new Error('changed my mind'))
    await t.rejects(client.GET('/health', { signal: controller.signal }))
  })

  t.test(`${mode}: a service under a path of its own is reached`, async t => {
    const net = network()
    const auth = createDreamAuth({
      baseUrl: 'http://example.com/account/',
      fetch: async (input, init) => {
        const { method, url } = new Request(input, init)
        const path = new URL(url).pathname.replace(/^\/account/, '')
        const { statusCode, body } = await world.app.inject({ method: method === 'GET' ? 'GET' : 'POST', url: path })
        net.sent.push({ method, path, headers: {}, body })
        return new Response(body, { status: statusCode, headers: { 'content-type': 'application/json' } })
      }
    })
    t.match(await auth.checkToken(), { ok: false, error: 'Unauthorized' })
    t.equal(net.sent[0]?.path, '/CheckJWTToken')
  })
}
