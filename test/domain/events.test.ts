import t, { type Test } from 'tap'
import { fail } from '../../src/catalogue.ts'
import { createEventIds, leastEventId } from '../../src/event-ids.ts'
import { BATCH, MOST_WAITING } from '../../src/event-queue.ts'
import { createAccountHash, createEvents, type AuthEvent, type EventStore, type Events, type StoredEvent } from '../../src/events.ts'
import { createLog } from '../../src/log.ts'
import { expireEvents, PURGE_BATCH } from '../../src/retention.ts'
import { until } from '../support/faults.ts'

// They wait most of the time, so they wait together.
t.jobs = 4

const secret = 'a key for tests: 9f2b7c41e8d05a63b1f4'
const origin = { network: '192.0.2.1', requestId: 'a-request', userAgent: 'curl/8.5.0' }
const failedLogin: AuthEvent = { type: 'login', outcome: 'failure', reason: 'LoginFailed', email: 'alice@example.com', origin }
const numbered = (i: number): AuthEvent => ({ type: 'login', outcome: 'success', userId: i })
const away = fail('DatabaseUnavailable')

type Line = Record<string, unknown>

interface Trail {
  events: Events
  /** What was stored, in order. */
  stored: StoredEvent[]
  /** The batches that were sent, stored or not. */
  sent: StoredEvent[][]
  log: () => Line[]
}

/** An audit trail over a table in memory, in front of which `before` may fail and after which `after` may. */
function trail (t: Test, { before, after, now = Date.now }: { before?: (batch: StoredEvent[], attempt: number) => void, after?: (batch: StoredEvent[], attempt: number) => void, now?: () => number } = {}): Trail {
  const [stored, sent, lines]: [StoredEvent[], StoredEvent[][], string[]] = [[], [], []]
  const insert: EventStore['insert'] = async batch => {
    sent.push(batch)
    before?.(batch, sent.length)
    if (batch.some(({ id }) => stored.some(event => event.id === id))) return 'duplicate'
    stored.push(...batch)
    after?.(batch, sent.length)
    return 'stored'
  }
  const events = createEvents({ insert }, { secret, now }, createLog('debug', { write: line => { lines.push(line) } }))
  t.teardown(() => events.close())
  return { events, stored, sent, log: () => lines.map(line => JSON.parse(line)) }
}

const said = (log: Line[], words: RegExp): Line[] => log.filter(({ msg }) => words.test(String(msg)))

t.test('G1: an event is kept with its time, request, network and outcome, and a hash in place of the address', { buffered: true }, async t => {
  const { events, stored } = trail(t, { now: () => 1_800_000_000_123.7 })
  events.record(failedLogin)
  events.record({ type: 'adoption', outcome: 'success' })
  await events.flush()
  t.match(stored[0], { at: 1_800_000_000_123.7, type: 'login', outcome: 'failure', reason: 'LoginFailed', userId: null, account: /^[\w-]{43}$/, network: '192.0.2.1', userAgent: 'curl/8.5.0', requestId: 'a-request' })
  t.match(stored[1], { type: 'adoption', reason: null, userId: null, account: null, network: null, userAgent: null, requestId: null }, 'what a program does by itself has no origin')
  t.notMatch(JSON.stringify(stored), /alice|example/)
})

t.test('the hash of an address is the same each time, another under another key, and not that of the address alone', { buffered: true }, async t => {
  const hash = createAccountHash(secret)
  t.equal(hash('alice@example.com'), createAccountHash(secret)('alice@example.com'))
  const others = [hash('alice@example.com'), hash('bob@example.com'), createAccountHash(`${secret}2`)('alice@example.com')]
  t.equal(new Set(others).size, 3)
})

t.test('the caller does not wait: nothing is written before its turn ends, and everything soon after', { buffered: true }, async t => {
  const { events, stored, sent } = trail(t)
  for (let i = 0; i < 3; i++) events.record(numbered(i))
  await Promise.resolve()
  t.same(sent, [])
  await until(async () => stored.length === 3)
  t.equal(sent.length, 1, 'what comes together is written together')
})

t.test('G3: nothing a client sends can break a line, hide itself, or be longer than its column', { buffered: true }, async t => {
  const hostile = ['a\r\nb\x00\x1b[31m\x7f\x9b\u2028\u2029', '\u202Egnp.exe\u2066\u200B\uFEFF', '\uD800x\uDC00', 'x'.repeat(100_000), '😀'.repeat(300), `${'x'.repeat(199)}😀😀`, '']
  const { events, stored } = trail(t)
  for (const text of hostile) events.record({ ...failedLogin, reason: text, origin: { network: text, requestId: text, userAgent: text } })
  await events.flush()
  t.equal(stored.length, hostile.length)
  for (const { userAgent, network, requestId, reason } of stored) {
    for (const [text, most] of [[userAgent, 200], [network, 64], [requestId, 60], [reason, 60]] as const) {
      t.ok(text !== null && [...text].length <= most && text.isWellFormed() && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text), JSON.stringify(text))
    }
  }
  t.equal(stored[0]?.userAgent, `a${'\uFFFD'.repeat(2)}b${'\uFFFD'.repeat(2)}[31m${'\uFFFD'.repeat(4)}`, 'what is replaced leaves a mark')
  t.equal(stored[4]?.userAgent, '😀'.repeat(200), 'a character beyond the first plane counts as one and is not cut in two')
  t.equal(stored[5]?.userAgent, `${'x'.repeat(199)}😀`)
})

t.test('ids are UUIDs of version 7 that sort as they were made, within a millisecond and when the clock steps back', { buffered: true }, async t => {
  const next = createEventIds()
  const times = [...Array<number>(10_000).fill(1_800_000_000_000), 1_799_999_999_000, 1_800_000_000_000, 1_800_000_060_000]
  const ids = times.map(next)
  for (const id of ids) if (!/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)) t.fail(id)
  t.same([...ids].sort(), ids)
  t.equal(new Set(ids).size, ids.length)
  const ahead = Number.parseInt((ids[9_999] ?? '').replace('-', '').slice(0, 12), 16) - 1_800_000_000_000
  t.ok(ahead >= 0 && ahead < 10, `ten thousand in one millisecond are ${ahead} ms ahead`)
  t.ok(leastEventId(1_800_000_060_000) <= (ids.at(-1) ?? '') && leastEventId(1_800_000_060_000) > (ids[9_999] ?? ''))
})

t.test('D6: a clock that was far ahead and is put right does not date events ahead for ever', { buffered: true }, async t => {
  const next = createEventIds()
  next(4_000_000_000_000)
  const id = next(1_800_000_000_000)
  t.ok(id >= leastEventId(1_800_000_000_000) && id < leastEventId(1_800_000_000_001))
})

t.test('D1: a batch is tried again until the database is back, as the same batch, and what came meanwhile follows it', { buffered: true }, async t => {
  const { events, stored, sent, log } = trail(t, { before: (_batch, attempt) => { if (attempt <= 2) throw away } })
  events.record(numbered(1))
  await until(async () => sent.length === 1)
  events.record(numbered(2))
  await events.flush()
  await until(async () => stored.length === 2)
  t.same(sent.map(batch => batch.map(({ userId }) => userId)), [[1], [1], [1], [2]])
  t.same(new Set(sent.slice(0, 3).map(([event]) => event?.id)).size, 1)
  t.equal(said(log(), /cannot be stored now/).length, 1, 'an outage is told once')
  t.equal(said(log(), /stored again/).length, 1)
})

t.test('who wants to read what was just taken down does not wait for what others do meanwhile', { buffered: true }, async t => {
  const { events, stored } = trail(t, { before: () => { events.record(numbered(stored.length + 2)) } })
  events.record(numbered(1))
  await events.flush()
  t.equal(stored[0]?.userId, 1)
  const written = stored.length
  await until(async () => stored.length > written)
})

t.test('a batch that was stored, but whose acknowledgement was lost, is not stored again', { buffered: true }, async t => {
  const { events, stored, sent } = trail(t, { after: (_batch, attempt) => { if (attempt === 1) throw away } })
  for (let i = 0; i < 10; i++) events.record(numbered(i))
  await until(async () => sent.length === 1)
  await events.flush()
  events.record(numbered(10))
  await until(async () => stored.length === 11)
  t.same(stored.map(({ userId }) => userId), Array.from({ length: 11 }, (_, i) => i))
})

t.test('a batch of which a part was stored before it failed is completed, and no event of it is stored twice', { buffered: true }, async t => {
  const { events, stored, sent } = trail(t, {
    before: (batch, attempt) => {
      if (attempt > 1) return
      stored.push(...batch.slice(0, 4))
      throw away
    }
  })
  for (let i = 0; i < 10; i++) events.record(numbered(i))
  await until(async () => sent.length === 1)
  await events.flush()
  t.same(stored.map(({ userId }) => userId), Array.from({ length: 10 }, (_, i) => i))
})

t.test('an event that the database refuses goes to the log, and those around it are stored in order', { buffered: true }, async t => {
  const refused = new Error('out of range')
  const { events, stored, log } = trail(t, { before: batch => { if (batch.some(({ userId }) => userId === 5)) throw refused } })
  for (let i = 0; i < 10; i++) events.record({ ...failedLogin, userId: i })
  await until(async () => stored.length === 9)
  t.same(stored.map(({ userId }) => userId), [0, 1, 2, 3, 4, 6, 7, 8, 9])
  t.match(said(log(), /not stored/), [{ level: 50, err: { message: 'out of range' }, event: { type: 'login', userId: 5, reason: 'LoginFailed', network: '192.0.2.1' } }])
  t.notMatch(JSON.stringify(log()), /alice/)
})

t.test('a table that takes nothing at all does not hold up the queue: everything is in the log', { buffered: true }, async t => {
  const { events, sent, log } = trail(t, { before: () => { throw new Error('no such table') } })
  for (let i = 0; i < 300; i++) events.record(numbered(i))
  await events.flush()
  await until(async () => said(log(), /not stored/).length === 300)
  t.same(said(log(), /not stored/).map(({ event }) => Object(event).userId), Array.from({ length: 300 }, (_, i) => i))
  t.equal(sent.length, 302)
})

t.test(`${MOST_WAITING} events wait at most: the newest are dropped and counted, told at once and with their number at the end`, { buffered: true }, async t => {
  let down = true
  const { events, stored, log } = trail(t, { before: () => { if (down) throw away } })
  for (let i = 0; i < MOST_WAITING + 23; i++) events.record(numbered(i))
  t.equal(said(log(), /dropped/).length, 1)
  down = false
  await events.flush()
  await until(async () => stored.length === MOST_WAITING)
  t.same(stored.map(({ userId }) => userId), Array.from({ length: MOST_WAITING }, (_, i) => i))
  t.match(said(log(), /dropped/), [{ level: 40 }, { level: 40, dropped: 23, msg: /^23 events were dropped/ }])
  events.record(numbered(0))
  await events.flush()
  t.equal(said(log(), /dropped/).length, 2)
})

t.test('a batch has a bound, and between two of them others get their turn', { buffered: true }, async t => {
  const { events, sent, stored } = trail(t)
  for (let i = 0; i < 5 * BATCH; i++) events.record(numbered(i))
  let turns = 0
  const count = (): void => { turns++; if (stored.length < 5 * BATCH) setImmediate(count) }
  count()
  await events.flush()
  t.same(sent.map(({ length }) => length), Array<number>(5).fill(BATCH))
  t.ok(turns >= 5, `${turns} turns`)
})

t.test('S1: a close stores what waits, also while the database hesitates', { buffered: true }, async t => {
  const { events, stored, log } = trail(t, { before: (_batch, attempt) => { if (attempt === 1) throw away } })
  for (let i = 0; i < 450; i++) events.record(numbered(i))
  await events.close()
  t.equal(stored.length, 450)
  t.equal(said(log(), /not stored/).length, 0)
})

t.test('S1: a close without a database ends in time, and each event that was left is one line of the log', { buffered: true }, async t => {
  const { events, log } = trail(t, { before: () => { throw away }, now: () => Date.UTC(2030, 0, 2, 3, 4, 5, 678) })
  for (let i = 0; i < 3; i++) events.record({ ...failedLogin, userId: i })
  const start = performance.now()
  await Promise.all([events.close(), events.close()])
  const ms = performance.now() - start
  // Two seconds, and not for as long as there is no database.
  t.ok(ms > 1_500 && ms < 20_000, `${Math.round(ms)} ms`)
  events.record({ ...failedLogin, userId: 3 })
  const lines = said(log(), /not stored/)
  t.same(lines.map(({ event }) => Object(event).userId), [0, 1, 2, 3], 'also one recorded after the close')
  t.match(lines[0], { level: 50, event: { id: String, at: '2030-01-02T03:04:05.678Z', type: 'login', outcome: 'failure', account: /^[\w-]{43}$/, requestId: 'a-request' } })
  t.notMatch(JSON.stringify(log()), /alice/)
})

t.test('retention: too old is what is older than the days set; rounds go on until nothing is left, and come again', { buffered: true }, async t => {
  const asked: Array<[number, number]> = []
  let left = 2 * PURGE_BATCH + 7
  const purge: EventStore['purge'] = async (before, limit) => {
    asked.push([before, limit])
    const found = Math.min(left, limit)
    left -= found
    return found
  }
  const closing = new AbortController()
  const ending = expireEvents({ purge }, { days: 30, now: () => 1_800_000_000_000, signal: closing.signal, everyMs: 20 }, createLog('silent'))
  await until(async () => asked.length >= 5)
  closing.abort()
  await ending
  t.equal(left, 0)
  t.same(asked.slice(0, 2), Array(2).fill([1_800_000_000_000 - 30 * 86_400_000, PURGE_BATCH]))
})

t.test('retention: a failure is told once and does not end it, whatever it is', { buffered: true }, async t => {
  const lines: string[] = []
  let rounds = 0
  const purge: EventStore['purge'] = async () => { rounds++; throw fail('DatabaseUnavailable', {}, new Error('DELETE command denied')) }
  const closing = new AbortController()
  const ending = expireEvents({ purge }, { days: 1, now: Date.now, signal: closing.signal, everyMs: 5 }, createLog('info', { write: line => { lines.push(line) } }))
  await until(async () => rounds >= 4)
  closing.abort()
  await ending
  t.equal(lines.length, 1)
  t.match(JSON.parse(lines[0] ?? ''), { level: 40, msg: /could not be deleted/, err: { cause: { message: 'DELETE command denied' } } })
})
