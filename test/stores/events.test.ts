import { once } from 'node:events'
import { request } from 'node:http'
import { join } from 'node:path'
import Sqlite from 'libsql'
import t from 'tap'
import { ConfigError } from '../../src/config.ts'
import { leastEventId } from '../../src/event-ids.ts'
import { MOST_WAITING } from '../../src/event-queue.ts'
import { createAccountHash, type AuthEvent, type StoredEvent } from '../../src/events.ts'
import { createEventStore } from '../../src/stores/events.ts'
import { build, deployment, modes, type World } from '../helper.ts'
import { RECOVERY_MS, until } from '../support/faults.ts'
import { administered, structure, userWith } from './old-deployment.ts'

const DAY_MS = 86_400_000
const origin = { network: '2001:db8:0:1::/64', requestId: 'a-request', userAgent: 'Mozilla/5.0 (X11; Linux x86_64)' }
const login: AuthEvent = { type: 'login', outcome: 'failure', reason: 'LoginFailed', email: 'nobody@example.com', origin }

/** Every column as text, as the two databases give different types for a time. */
const EVERYTHING = "SELECT EventID, REPLACE(OccurredAt, 'T', ' ') AS OccurredAt, Type, Outcome, Reason, UserID, Account, Network, UserAgent, RequestID FROM Events ORDER BY EventID"

async function count ({ rows }: World, where = '1 = 1'): Promise<number> {
  return Number((await rows(`SELECT COUNT(*) AS Count FROM Events WHERE ${where}`))[0]?.Count)
}

/** Events of some days ago, oldest first. */
function aged (days: number, amount: number): StoredEvent[] {
  const at = Date.now() - days * DAY_MS
  return Array.from({ length: amount }, (_, i) => ({
    id: leastEventId(at + i), at: at + i, type: 'login', outcome: 'success', reason: null, userId: i, account: null, network: null, userAgent: null, requestId: null
  }))
}

for (const mode of modes) {
  t.test(`${mode}: G1: an event is in the table within a moment, in UTC to the millisecond, with its request and network`, async t => {
    const world = await build(t, mode)
    const before = new Date().toISOString().replace('T', ' ').slice(0, 23)
    world.app.events.record({ ...login, userId: 7 })
    t.equal(await count(world), 0, 'the caller did not wait for it')
    const ms = await until(async () => await count(world) === 1)
    t.ok(ms < RECOVERY_MS, `${Math.round(ms)} ms`)
    const after = new Date().toISOString().replace('T', ' ').slice(0, 23)
    const [row] = await world.rows(EVERYTHING)
    t.match(row, {
      EventID: /^[0-9a-f]{8}-[0-9a-f]{4}-7/,
      OccurredAt: /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/,
      Type: 'login',
      Outcome: 'failure',
      Reason: 'LoginFailed',
      UserID: 7,
      Account: createAccountHash(world.config.JWT_SECRET_KEY)('nobody@example.com'),
      Network: '2001:db8:0:1::/64',
      UserAgent: 'Mozilla/5.0 (X11; Linux x86_64)',
      RequestID: 'a-request'
    })
    t.ok(before <= String(row?.OccurredAt) && String(row?.OccurredAt) <= after)
  })

  t.test(`${mode}: what an event lacks is NULL`, async t => {
    const { app, rows } = await build(t, mode)
    app.events.record({ type: 'adoption', outcome: 'success' })
    await app.events.flush()
    t.match(await rows(EVERYTHING), [{ Reason: null, UserID: null, Account: null, Network: null, UserAgent: null, RequestID: null }])
  })

  t.test(`${mode}: G2: events of an unknown address can be found together, and the address is nowhere`, async t => {
    const { app, config, rows, log } = await build(t, mode)
    for (const email of ['nobody@example.com', 'somebody@example.com', 'nobody@example.com']) app.events.record({ ...login, email })
    await app.events.flush()
    const account = createAccountHash(config.JWT_SECRET_KEY)('nobody@example.com')
    t.equal((await rows(`SELECT EventID FROM Events WHERE Account = '${account}'`)).length, 2)
    t.notMatch(JSON.stringify(await rows('SELECT * FROM Events')) + log(), /body@example/)
  })

  t.test(`${mode}: G3: hostile user agents are stored as harmless text, each in its row`, async t => {
    const hostile = ["'); DROP TABLE Events; --", '\\', '\\\'"`', 'a\r\nb\x00c', '\x1b]0;owned\x07', '\uD800', '\uDFFF\uD800', '\u202Eevil', '😀'.repeat(300), '\uFFFF'.repeat(300), '%s%n', '{"$gt":""}', '<script>alert(1)</script>', 'x'.repeat(20_000)]
    const world = await build(t, mode)
    for (const userAgent of hostile) world.app.events.record({ ...login, origin: { ...origin, userAgent } })
    await world.app.events.flush()
    const kept = (await world.rows('SELECT UserAgent FROM Events ORDER BY EventID')).map(({ UserAgent }) => String(UserAgent))
    t.equal(kept.length, hostile.length)
    for (const [i, text] of kept.entries()) {
      t.ok([...text].length <= 200 && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text), JSON.stringify(text))
      if (/^[ -~]{1,200}$/.test(hostile[i] ?? '')) t.equal(text, hostile[i])
    }
    t.equal(kept[8], '😀'.repeat(200))
    t.notMatch(world.log(), /not stored/)
  })

  t.test(`${mode}: ten thousand events at once are all stored, once and in order, and requests are answered meanwhile`, async t => {
    const world = await build(t, mode)
    // Recording waits for nothing: it is done before the first of them can be written.
    for (let i = 0; i < MOST_WAITING; i++) world.app.events.record({ ...login, userId: i })
    t.match(await world.get('/health'), { status: 200 })
    t.ok(await count(world) < MOST_WAITING, 'before all are written')
    await until(async () => await count(world) === MOST_WAITING)
    t.same((await world.rows('SELECT UserID FROM Events ORDER BY EventID')).map(({ UserID }) => UserID), Array.from({ length: MOST_WAITING }, (_, i) => i))
    t.notMatch(world.log(), /dropped|not stored/)
  })

  t.test(`${mode}: a batch is stored whole or not at all, and says when it was stored before`, async t => {
    const world = await build(t, mode)
    const store = createEventStore(world.app.database)
    const [first, second, third] = aged(1, 3)
    if (first === undefined || second === undefined || third === undefined) throw new Error('three events')
    t.equal(await store.insert([first, second]), 'stored')
    t.equal(await store.insert([first, second]), 'duplicate')
    t.equal(await store.insert([third, second]), 'duplicate')
    t.equal(await count(world), 2)
  })

  t.test(`${mode}: an event that the table refuses goes to the log, and the others are stored`, async t => {
    const { app, rows, log } = await build(t, mode)
    await rows(mode === 'embedded'
      ? "CREATE TRIGGER Refuse BEFORE INSERT ON Events WHEN NEW.UserID = 5 BEGIN SELECT RAISE(ABORT, 'refused'); END"
      : "CREATE TRIGGER Refuse BEFORE INSERT ON Events FOR EACH ROW BEGIN IF NEW.UserID = 5 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused'; END IF; END")
    for (let i = 0; i < 10; i++) app.events.record({ ...login, userId: i })
    await app.events.flush()
    t.same((await rows('SELECT UserID FROM Events ORDER BY EventID')).map(({ UserID }) => UserID), [0, 1, 2, 3, 4, 6, 7, 8, 9])
    const lines = log().split('\n').filter(line => /not stored/.test(line)).map(line => JSON.parse(line))
    t.match(lines, [{ level: 50, event: { userId: 5, type: 'login', reason: 'LoginFailed' } }])
  })

  t.test(`${mode}: a table that is gone costs the service nothing but the trail, which is in the log`, async t => {
    const { app, rows, log, get } = await build(t, mode)
    await rows('DROP TABLE Events')
    for (let i = 0; i < 3; i++) app.events.record({ ...login, userId: i })
    await app.events.flush()
    t.equal(log().match(/not stored/g)?.length, 3)
    t.match(await get('/health'), { status: 200 })
  })

  t.test(`${mode}: S1: what was recorded just before the close, or by a request still under way then, is stored`, async t => {
    const settings = await deployment(t, mode)
    const world = await build(t, mode, settings)
    const url = await world.app.listen({ port: 0, host: '127.0.0.1' })
    const asking = request(`${url}/Auth/Login`, { method: 'POST', headers: { 'content-type': 'application/json', 'content-length': 2 } })
    const answered = once(asking, 'response')
    const received = once(world.app.server, 'request')
    asking.flushHeaders()
    const [, response] = await received
    response.once('finish', () => { world.app.events.record({ ...login, userId: 500 }) })
    for (let i = 0; i < 500; i++) world.app.events.record({ ...login, userId: i })
    const closed = world.app.close()
    asking.end('{}')
    const [answer] = await answered
    answer.resume()
    await closed
    t.notMatch(world.log(), /not stored/)
    const next = await build(t, mode, settings)
    t.same((await next.rows('SELECT UserID FROM Events ORDER BY EventID')).map(({ UserID }) => UserID), Array.from({ length: 501 }, (_, i) => i))
  })

  t.test(`${mode}: retention: at the start what is older than EVENTS_RETENTION_DAYS goes, in batches, and the rest stays`, async t => {
    const settings = await deployment(t, mode)
    const first = await build(t, mode, settings)
    const store = createEventStore(first.app.database)
    for (const days of [31, 29]) for (let i = 0; i < 4; i++) await store.insert(aged(days, 1_600).slice(i * 400, (i + 1) * 400))
    await first.app.close()
    const world = await build(t, mode, { ...settings, EVENTS_RETENTION_DAYS: '30' })
    await until(async () => await count(world) === 1_600)
    t.equal(await count(world, `EventID < '${leastEventId(Date.now() - 30 * DAY_MS)}'`), 0)
    t.match(await world.get('/health'), { status: 200 })
  })

  t.test(`${mode}: retention: a purge is bounded, begins with the oldest, and several at once do not disturb each other`, async t => {
    const world = await build(t, mode)
    const store = createEventStore(world.app.database)
    await store.insert([...aged(10, 50), ...aged(5, 10)])
    const before = Date.now() - 7 * DAY_MS
    t.equal(await store.purge(before, 20), 20)
    t.equal(await count(world), 40)
    t.equal(await count(world, 'UserID < 20'), 10, 'only the young ones are left of these')
    await Promise.all(Array.from({ length: 4 }, () => store.purge(before, 20).catch(() => {})))
    while (await store.purge(before, 20) > 0);
    t.equal(await count(world), 10)
    t.equal(await store.purge(before, 20), 0)
  })
}

if (modes.includes('server')) {
  t.test('server: a person\'s events are found by an index, and the oldest by the primary key', async t => {
    const { app, rows } = await build(t, 'server')
    await createEventStore(app.database).insert(aged(1, 500))
    await rows('ANALYZE TABLE Events')
    t.match(await rows(`EXPLAIN SELECT EventID FROM Events WHERE EventID < '${leastEventId(0)}' ORDER BY EventID LIMIT 5`), [{ key: 'PRIMARY', type: 'range' }])
    t.match(await rows('EXPLAIN SELECT * FROM Events WHERE UserID = 7 ORDER BY EventID DESC LIMIT 5'), [{ key: 'EventsOfUser' }])
    t.match(await rows(`EXPLAIN SELECT * FROM Events WHERE Account = '${createAccountHash('x')('y')}' ORDER BY EventID DESC LIMIT 5`), [{ key: 'EventsOfAccount' }])
  })

  t.test('server: F3: a database user without the right to DELETE is warned of once, at the start, and the service goes on', async t => {
    const fresh = await administered(t)
    await (await build(t, 'server', fresh.settings)).app.close()
    const world = await build(t, 'server', await userWith(t, fresh, 'SELECT, INSERT, UPDATE'))
    await until(async () => /events older than .* could not be deleted/.test(world.log()))
    world.app.events.record(login)
    await world.app.events.flush()
    t.equal(await count(world), 1)
    t.equal(world.log().match(/events older than .* could not be deleted/g)?.length, 1)
    t.match(await world.get('/health'), { status: 200 })
  })

  t.test('server: a table Events of another program stops the start by name, and nothing is changed', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
    await old.rows("CREATE TABLE Events (EventID INT AUTO_INCREMENT PRIMARY KEY, Type VARCHAR(20), Title VARCHAR(100)); INSERT INTO Events (Title) VALUES ('Concert')")
    const before = await structure(old)
    const error: unknown = await build(t, 'server', old.settings).then(() => undefined, (thrown: unknown) => thrown)
    t.ok(error instanceof ConfigError, String(error))
    t.match(String(error), /DB_NAME has a table Events that is not of this service/)
    t.notOk(String(error).includes(old.name), 'the value of the setting is not shown')
    t.same(await structure(old), before)
    await old.rows('RENAME TABLE Events TO Concerts')
    const world = await build(t, 'server', old.settings)
    world.app.events.record(login)
    await world.app.events.flush()
    t.equal(await count(world), 1, 'once it has another name, the service starts')
    t.match(await old.rows('SELECT Title FROM Concerts'), [{ Title: 'Concert' }])
  })
}

t.test('embedded: a table Events of another program stops the start by name, and nothing is changed', async t => {
  const settings = await deployment(t, 'embedded')
  const other = new Sqlite(join(String(settings.DATA_DIR), 'dream.db'))
  t.teardown(() => { other.close() })
  other.exec("CREATE TABLE Events (EventID INTEGER PRIMARY KEY, Title TEXT); INSERT INTO Events (Title) VALUES ('Concert')")
  await t.rejects(build(t, 'embedded', settings), /DATA_DIR has a table Events that is not of this service/)
  t.match(other.prepare('SELECT Title FROM Events').all(), [{ Title: 'Concert' }])
  t.same(other.prepare("SELECT name FROM sqlite_master WHERE name = 'Users'").all(), [])
})
