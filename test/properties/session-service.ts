import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { bearer, build, deployment, digest, type Answer, type Mode, type World } from '../helper.ts'
import { until } from '../support/faults.ts'
import { createModel, type Model } from './account-model.ts'
import { elsewhere } from './operations.ts'
import { SESSION_MS, TOKEN_MS, type Expected, type Session, type Token } from './session-model.ts'

/** How long a process may go on as before: the promise is one second, which is doubled for a busy machine. */
const TOLD_MS = 1_000
/** What was heard of lately is not remembered: once this has passed on the clock that never goes back, it is again. */
const SETTLED_MS = 6_000
const root = { BOOTSTRAP_ADMIN_EMAIL: 'root@example.com', BOOTSTRAP_ADMIN_PASSWORD: digest('the root of all') }

/** The service as it runs: one process, or two of one deployment in server mode. */
export interface Service {
  worlds: World[]
  /** As a super administrator asks. */
  asRoot: (asked: World) => Promise<{ headers: Record<string, string>, from: string }>
  /** A model of people that nobody has heard of, some of whom have signed up and logged in. */
  begin: () => Promise<Model>
  /**
   * Asks a process for what changes the model, while tokens are checked on every process: one that is accepted before and after must
   * be meanwhile. Afterwards the process that was asked agrees with the model at once, and all others within a second.
   */
  carryOut: (model: Model, asked: World, expect: () => Expected, ask: () => Promise<Pick<Answer, 'status' | 'body' | 'text'>>) => Promise<void>
  /** Holds every process against the model, for these tokens. */
  agree: (model: Model, tokens: Token[]) => Promise<void>
  pass: (model: Model, milliseconds: number) => Promise<void>
  /** How often each command was run. */
  runs: Map<string, number>
}

/** Whom the process says that a token speaks for; else the status. */
async function seen ({ get }: World, { text }: Token): Promise<string> {
  const { status, headers } = await get('/CheckJWTToken', bearer(text))
  return status === 200 ? `${headers['x-auth-user-id']} ${headers['x-auth-role']}` : String(status)
}

function due (model: Model, token: Token): string {
  const { id, role } = token.session.account
  return model.isAccepted(token) ? `${id} ${role}` : '401'
}

export function sessionId ({ tokens }: Model, session: Session): string {
  const [, claims = ''] = tokens.find(token => token.session === session)?.text.split('.') ?? []
  return String(JSON.parse(Buffer.from(claims, 'base64url').toString()).sid)
}

/** Moves the clock that never goes back by as much as makes a difference. The service asks it by itself. */
function movableClock (t: Test): (milliseconds: number) => void {
  const { now } = performance
  let ahead = 0
  performance.now = () => now.call(performance) + ahead
  t.teardown(() => { performance.now = now })
  return milliseconds => { ahead += Math.min(milliseconds, SETTLED_MS) }
}

export async function start (t: Test, mode: Mode): Promise<Service> {
  const settings = { ...await deployment(t, mode), ...root, JWT_EXPIRES_IN: `${TOKEN_MS / 1000}s`, SESSION_EXPIRES_IN: `${SESSION_MS / 1000}s`, NOTIFY_NEW_NETWORK: 'false', LOG_LEVEL: 'warn' }
  // It stands still unless the test moves it, so that the model knows to the millisecond what is over.
  let time = Date.now()
  const clock = { clock: () => time, wallClock: () => time }
  const worlds = [await build(t, mode, settings, clock)]
  if (mode === 'server') worlds.push(await build(t, mode, settings, clock))
  const move = movableClock(t)
  const ids = new Map<number, unknown>()
  let walks = 0

  function learn (expected: Expected, { body }: Pick<Answer, 'body'>): void {
    const { issued } = expected
    assert.equal(typeof body.Token, issued === undefined ? 'undefined' : 'string')
    if (issued === undefined) return
    const { account } = issued.session
    issued.text = String(body.Token)
    account.id ||= Number(body.UserID)
    assert.equal(body.UserID, account.id)
    assert.equal(ids.get(account.id) ?? account, account, 'an id is never given twice')
    ids.set(account.id, account)
  }

  const service: Service = {
    worlds,

    async asRoot ({ post }) {
      const { body } = await post('/Auth/Login', { Email: root.BOOTSTRAP_ADMIN_EMAIL, Password: root.BOOTSTRAP_ADMIN_PASSWORD }, { from: elsewhere() })
      return { ...bearer(String(body.Token)), from: elsewhere() }
    },

    runs: new Map(),

    async begin () {
      const walk = ++walks
      const names = ['Alice', 'Bob', 'Carol'].map(name => `${name} ${walk}`)
      const model = createModel(time, names, ['alice', 'bob', 'carol', 'dave', 'erin'].map(name => `${name}${walk}@example.com`))
      for (const [i, Name] of names.slice(0, 2).entries()) {
        const person = { Name, Email: model.emails[i] ?? '', Password: digest(`the password of ${Name}`) }
        await worlds[0]?.register(person, { from: elsewhere() })
        model.signUp(Name, person.Email, person.Password)
        for (const world of worlds) await service.carryOut(model, world, () => model.login(person.Email, person.Password), () => world.post('/Auth/Login', { Email: person.Email, Password: person.Password }, { from: elsewhere() }))
      }
      return model
    },

    async carryOut (model, asked, expect, ask) {
      const before = new Map(model.tokens.filter(token => model.isAccepted(token)).map(token => [token, due(model, token)]))
      const expected = expect()
      const asking = new AbortController()
      const watch = async (world: World): Promise<void> => {
        while (!asking.signal.aborted) {
          await Promise.all([...before].map(async ([token, was]) => {
            const now = await seen(world, token)
            assert.ok(now === was || now === due(model, token), `token ${token.number} is ${now} meanwhile, was ${was}, becomes ${due(model, token)}`)
          }))
          await sleep(1)
        }
      }
      const [answered, ...watched] = await Promise.allSettled([ask().finally(() => { asking.abort() }), ...worlds.map(watch)])
      if (answered.status === 'rejected') throw answered.reason
      const { status, body, text } = answered.value
      assert.deepEqual([status, body.Code], [expected.status, expected.code], text)
      learn(expected, answered.value)
      for (const each of watched) if (each.status === 'rejected') throw each.reason

      if (expected.issued !== undefined) before.set(expected.issued, due(model, expected.issued))
      for (const token of before.keys()) assert.equal(await seen(asked, token), due(model, token), `token ${token.number} where it was asked`)
      for (const world of worlds.filter(world => world !== asked)) {
        for (const [token, was] of before) if (was !== due(model, token)) await until(async () => await seen(world, token) === due(model, token), TOLD_MS)
      }
      await service.agree(model, [...before.keys()])
    },

    async agree (model, tokens) {
      for (const [i, world] of worlds.entries()) {
        for (const token of tokens) assert.equal(await seen(world, token), due(model, token), `token ${token.number} in process ${i}`)
      }
    },

    async pass (model, milliseconds) {
      time += milliseconds
      model.clock.now = time
      move(milliseconds)
      await service.agree(model, model.tokens)
    }
  }
  return service
}
