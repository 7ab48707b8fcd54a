import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { gate, type Network } from './service.ts'
import { serveAll } from './signed-in.ts'

const HOUR = 3_600_000
const REFRESH = '/Auth/Refresh'

/** Holds the answers to a path: the first gate opens when there is one, the other lets them through. */
function holdAnswers (net: Network, path: string): [answered: ReturnType<typeof gate>, released: ReturnType<typeof gate>] {
  const [answered, released] = [gate(), gate()]
  net.after = async asked => {
    if (asked !== path) return
    answered.open()
    await released.opened
  }
  return [answered, released]
}

for (const { mode, world, pass, signIn } of await serveAll(t)) {
  t.test(`${mode}: a token is replaced once when half of its life is over, however many ask at once, and not before`, async t => {
    const { auth, store, net, changes } = await signIn()
    const first = await store.get()
    await pass(0.9 * HOUR)
    t.match(await auth.checkToken(), { ok: true })
    t.equal(net.asked(REFRESH), 0)

    await pass(0.2 * HOUR)
    const results = await Promise.all(Array.from({ length: 20 }, () => auth.checkToken()))
    t.ok(results.every(({ ok }) => ok))
    t.equal(net.asked(REFRESH), 1)
    t.not(await store.get(), first)
    await pass(0.95 * HOUR)
    t.match(await auth.checkToken(), { ok: true }, 'the first token is over by now')
    t.equal(net.asked(REFRESH), 1)
    t.same(changes, [true], 'nobody signed in or out')
  })

  t.test(`${mode}: of two tabs one refreshes, also where the other sees what was written a moment after the lock is free`, async t => {
    const { auth, store, net, another } = await signIn()
    let locked: Promise<unknown> = Promise.resolve()
    const request = (_name: string, _options: unknown, work: () => Promise<unknown>): Promise<unknown> => (locked = locked.then(work))
    const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
    Object.defineProperty(globalThis, 'navigator', { configurable: true, value: { locks: { request } } })
    t.teardown(() => {
      if (before === undefined) Reflect.deleteProperty(globalThis, 'navigator')
      else Object.defineProperty(globalThis, 'navigator', before)
    })
    const stale = await store.get()
    let fresh = 0
    net.after = async path => {
      if (path !== REFRESH) return
      await setTimeout(50)
      fresh = performance.now() + 50
    }
    const late = another({ store: { ...store, get: () => fresh > 0 && performance.now() > fresh ? store.get() : stale } })
    await pass(1.1 * HOUR)
    for (const result of await Promise.all([auth.checkToken(), late.checkToken()])) t.match(result, { ok: true })
    t.equal(net.asked(REFRESH), 1)
  })

  t.test(`${mode}: a refresh that was asked for joins the one under way`, async t => {
    const { auth, net } = await signIn()
    const [one, other] = await Promise.all([auth.refresh(), auth.refresh()])
    t.match(one, { ok: true, Token: String, UserID: Number })
    t.equal(one, other)
    t.equal(net.asked(REFRESH), 1)
  })

  t.test(`${mode}: a refresh that cannot be asked for keeps the token, and holds up one call and not each`, async t => {
    const { auth, store, net, another, changes } = await signIn()
    const first = await store.get()
    await pass(1.1 * HOUR)
    net.before = async path => { if (path === REFRESH) throw new TypeError('no network') }
    for (let i = 0; i < 3; i++) t.match(await auth.checkToken(), { ok: true })
    t.equal(net.asked(REFRESH), 1)
    t.match(await auth.refresh(), { ok: false, error: 'Unreachable', Code: 0 })
    net.before = async path => path === REFRESH ? Response.json({ Code: 510, Msg: '数据库连接错误' }, { status: 503 }) : undefined
    t.match(await auth.refresh(), { ok: false, error: 'DatabaseUnavailable' })
    t.equal(await store.get(), first)
    t.same(changes, [true])

    net.before = async () => undefined
    t.match(await another().checkToken(), { ok: true })
    t.not(await store.get(), first)
  })

  t.test(`${mode}: a refresh whose answer was lost is asked for again in time, and the session goes on`, async t => {
    const { auth, store, net } = await signIn()
    const first = await store.get()
    await pass(1.1 * HOUR)
    net.after = async path => { if (path === REFRESH) throw new TypeError('connection reset') }
    t.match(await auth.checkToken(), { ok: true }, 'the token that was replaced is good for a while')
    t.equal(await store.get(), first)
    net.after = async () => {}
    await pass(15_000)
    t.match(await auth.refresh(), { ok: true })
    await pass(31_000)
    t.match(await auth.checkToken(), { ok: true })
  })

  t.test(`${mode}: a token that is refused is dropped, and whoever listens is told once`, async t => {
    const { auth, id, store, changes } = await signIn()
    await world.app.sessions.revokeAll(id)
    const results = await Promise.all([auth.checkToken(), auth.listSessions(), auth.refresh()])
    for (const result of results) t.match(result, { ok: false, error: 'Unauthorized', Code: 401 })
    t.equal(await store.get(), undefined)
    t.equal(await auth.signedIn(), false)
    t.same(changes, [true, false])
  })

  t.test(`${mode}: a refresh under way brings nobody back who has logged out`, async t => {
    const { auth, store, net, changes } = await signIn()
    await pass(1.1 * HOUR)
    const [refreshed, released] = holdAnswers(net, REFRESH)
    const listed = auth.listSessions()
    await refreshed.opened
    t.match(await auth.logout(), { ok: true })
    released.open()
    t.match(await listed, { ok: false, error: 'Unauthorized' })
    t.equal(await store.get(), undefined)
    t.same(changes, [true, false])
  })

  t.test(`${mode}: a refusal that comes late signs nobody out who has signed in anew`, async t => {
    const { auth, person, id, net, changes } = await signIn()
    await world.app.sessions.revokeAll(id)
    const [refused, released] = holdAnswers(net, '/CheckJWTToken')
    const checked = auth.checkToken()
    await refused.opened
    t.match(await auth.login(person), { ok: true })
    released.open()
    t.match(await checked, { ok: true }, 'asked for again with the token there is')
    t.equal(await auth.signedIn(), true)
    t.same(changes, [true, true], 'told that the session is another')
  })

  t.test(`${mode}: what was asked in one person's name is not asked in another's, who has signed in meanwhile`, async t => {
    const { auth, id, net, store } = await signIn()
    const other = await signIn()
    await world.app.sessions.revokeAll(id)
    const [refused, released] = holdAnswers(net, '/Auth/Sessions')
    const listed = auth.listSessions()
    await refused.opened
    t.match(await auth.login(other.person), { ok: true })
    const kept = await store.get()
    released.open()
    t.match(await listed, { ok: false, error: 'Unauthorized' })
    t.equal(net.asked('/Auth/Sessions'), 1)
    t.equal(await store.get(), kept, 'the other stays signed in')
  })

  t.test(`${mode}: what others have written into the store is no token, and keeps nobody from signing in`, async t => {
    for (const rubbish of ['', '记梦', 'two\r\nlines', 'a b', '{"token":"x"}', '\0', 'garbage', 'a.b.c', `e30.${btoa('null')}.x`, `e30.${btoa('{"sid":1,"exp":1e999}')}.x`]) {
      const { auth, person, store } = await signIn()
      await store.set(rubbish)
      t.match(await auth.listSessions(), { ok: false, error: 'Unauthorized' }, JSON.stringify(rubbish))
      t.equal(await auth.signedIn(), false)
      t.match(await auth.refresh(), { ok: false, error: 'Unauthorized' })
      t.match(await auth.logout(), { ok: false, error: 'Unauthorized' })
      await store.set(rubbish)
      t.match(await auth.login(person), { ok: true })
      t.match(await auth.checkToken(), { ok: true })
    }
  })

  t.test(`${mode}: of two tokens that are refused one after the other, none is kept`, async t => {
    const { auth, person, id, net, store } = await signIn()
    await world.app.sessions.revokeAll(id)
    const [refused, released] = holdAnswers(net, '/CheckJWTToken')
    const checked = auth.checkToken()
    await refused.opened
    t.match(await auth.login(person), { ok: true })
    await world.app.sessions.revokeAll(id)
    released.open()
    t.match(await checked, { ok: false, error: 'Unauthorized' })
    t.equal(net.asked('/CheckJWTToken'), 2)
    t.equal(await store.get(), undefined)
  })

  t.test(`${mode}: a clock that is wrong by a month refreshes no more often than a right one`, async t => {
    for (const ahead of [-720 * HOUR, 720 * HOUR]) {
      const { auth, net, another } = await signIn(ahead)
      for (let i = 0; i < 3; i++) t.match(await auth.checkToken(), { ok: true })
      t.equal(await auth.signedIn(), true)
      t.equal(net.asked(REFRESH), 0)
      const again = another()
      for (let i = 0; i < 3; i++) t.match(await again.checkToken(), { ok: true })
      t.ok(net.asked(REFRESH) <= 1, 'a page that is loaded again learns from one refresh')
      await pass(1.1 * HOUR)
      await auth.checkToken()
      t.ok(net.asked(REFRESH) <= 2)
    }
  })

  t.test(`${mode}: a session that is about to end is not refreshed over and over`, async t => {
    const { auth, net } = await signIn()
    for (let i = 0; i < 19; i++) {
      await pass(0.2 * HOUR)
      t.match(await auth.checkToken(), { ok: true })
    }
    t.equal(net.asked(REFRESH), 3, 'the third time, nothing was gained')
    await pass(0.3 * HOUR)
    t.equal(await auth.signedIn(), false)
    t.match(await auth.checkToken(), { ok: false, error: 'Unauthorized' })
  })
}
