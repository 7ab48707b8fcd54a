import t, { type Test } from 'tap'
import type { AnswerAtOnce } from '../../plugins/shortcut.ts'
import { build, digest, type Answer, type World } from '../helper.ts'
import { exchange } from '../support/wire.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const PATH = '/CheckJWTToken'

interface Lane {
  world: World
  token: string
  taken: () => number
  /** Asks over a connection of its own, with the lines of a request. */
  ask: (start: string, ...lines: string[]) => Promise<Answer | undefined>
  /** The same with no shortcut. */
  askRoute: (start: string, ...lines: string[]) => Promise<Answer | undefined>
}

/** A service that listens, and the number of its answers that were given at once. */
async function lane (t: Test, settings: Record<string, string> = {}): Promise<Lane> {
  const world = await build(t, 'embedded', settings)
  await world.register(alice)
  const token = await world.login(alice)
  const port = Number(new URL(await world.app.listen({ port: 0, host: '127.0.0.1' })).port)
  let taken = 0
  const asking = (answer: AnswerAtOnce) => async (...lines: string[]): Promise<Answer | undefined> => {
    taken = 0
    world.app.shortcut(PATH, answer)
    const [first] = await exchange(port, `${lines.join('\r\n')}\r\nconnection: close\r\n\r\n`)
    return first
  }
  return {
    world,
    token,
    taken: () => taken,
    ask: asking(({ authorization }) => {
      if (authorization !== `Bearer ${token}`) return undefined
      taken++
      return ['x-auth-user-id', '1', 'x-auth-role', 'user']
    }),
    askRoute: asking(() => undefined)
  }
}

function withoutDate (answer: Answer | undefined): Omit<Answer, 'headers'> & { headers: Record<string, unknown> } {
  if (answer === undefined) throw new Error('there was no answer')
  const { date: _whenever, ...headers } = answer.headers
  return { ...answer, headers }
}

t.test('what is answered at once is answered as by the route, in every language', async t => {
  const { token, ask, askRoute, taken } = await lane(t)
  for (const languages of [[], ['accept-language: en'], ['accept-language: en-GB,zh;q=0.5'], ['accept-language: fr'], ['accept-language: zh;q=0.1, en;q=0.2']]) {
    const lines = ['host: localhost', `authorization: Bearer ${token}`, ...languages]
    const atOnce = withoutDate(await ask(`GET ${PATH} HTTP/1.1`, ...lines))
    t.equal(taken(), 1, 'the shortcut was taken')
    t.strictSame(atOnce, withoutDate(await askRoute(`GET ${PATH} HTTP/1.1`, ...lines)), languages.join())
    t.match(atOnce, { status: 200, headers: { 'x-auth-user-id': '1', 'x-auth-role': 'user' }, body: { Code: 200 } })
  }
})

t.test('X1: so it is for a proxy that says that the client spoke TLS: with HSTS', async t => {
  const { token, ask, askRoute, taken } = await lane(t, { TRUST_PROXY: '127.0.0.1' })
  for (const [proto, hsts] of [['https', 'max-age=31536000'], ['http', undefined]] as const) {
    const lines = ['host: localhost', `authorization: Bearer ${token}`, `x-forwarded-proto: ${proto}`]
    const atOnce = withoutDate(await ask(`GET ${PATH} HTTP/1.1`, ...lines))
    t.equal(taken(), 1, 'the shortcut was taken')
    t.equal(atOnce.headers['strict-transport-security'], hsts)
    t.strictSame(atOnce, withoutDate(await askRoute(`GET ${PATH} HTTP/1.1`, ...lines)))
  }
})

t.test('all else is for the route: what the shortcut does not know, other methods, other spellings, no Host', async t => {
  const { token, ask, taken } = await lane(t)
  const bearer = `authorization: Bearer ${token}`
  const host = 'host: localhost'
  t.match(await ask(`GET ${PATH} HTTP/1.1`, host), { status: 401 })
  t.match(await ask(`GET ${PATH} HTTP/1.1`, host, `${bearer}x`), { status: 401 })
  const others: Array<[number, string, ...string[]]> = [[200, `HEAD ${PATH} HTTP/1.1`, host, bearer], [405, `POST ${PATH} HTTP/1.1`, host, bearer], [200, `GET ${PATH}?x=1 HTTP/1.1`, host, bearer],
    [404, `GET ${PATH}/ HTTP/1.1`, host, bearer], [400, `GET ${PATH} HTTP/1.1`, bearer], [200, `GET ${PATH} HTTP/1.0`, bearer]]
  for (const [status, start, ...lines] of others) {
    t.match(await ask(start, ...lines), { status }, start)
    t.equal(taken(), 0, start)
  }
})

t.test('where CORS is set, what depends on the origin is never answered at once', async t => {
  const { token, ask, taken } = await lane(t, { CORS_ORIGIN: 'https://app.dream.example' })
  const answer = await ask(`GET ${PATH} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${token}`, 'origin: https://app.dream.example')
  t.match(answer, { status: 200, headers: { 'access-control-allow-origin': 'https://app.dream.example' } })
  t.equal(taken(), 0)
})

t.test('S1: while the service stops, nothing is answered at once, so that every answer closes its connection', async t => {
  const { world, token, ask, taken } = await lane(t)
  world.app.draining = true
  t.match(await ask(`GET ${PATH} HTTP/1.1`, 'host: localhost', `authorization: Bearer ${token}`), { status: 200, headers: { connection: 'close' } })
  t.equal(taken(), 0)
})
