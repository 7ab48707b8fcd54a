import t from 'tap'
import { createLastSeen } from '../../src/last-seen.ts'
import { createRemembered } from '../../src/remembered.ts'
import { createProcessFeed } from '../../src/stores/feed.process.ts'
import { createSessionStore } from '../../src/stores/sessions.ts'
import { bearer, build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const identity = (n: number) => ({ id: n, role: 'user' as const, sessionId: `0b9f6f0e-4a43-4f0c-9d53-${String(n).padStart(12, '0')}` })

for (const mode of modes) {
  t.test(`${mode}: when a session was last used is written down, and one that is over by then is forgotten`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const [used, idle] = [await world.login(alice), await world.login(alice)]
    const [usedId, idleId] = [used, idle].map(token => world.app.tokens.read(`Bearer ${token}`).sid)
    const store = createSessionStore(world.app.database)
    const remembered = createRemembered(createProcessFeed(), Date.now)
    remembered.begin()(used, { id: 1, role: 'user', sessionId: String(usedId) }, Date.now() + 60_000)
    const later = Date.now() + 600_000
    const noteLastSeen = createLastSeen(store, remembered, error => { throw error }, () => later)
    await noteLastSeen()
    const seen = (await world.get('/Auth/Sessions', bearer(used))).body.Sessions as Array<{ SessionID: string, LastSeenAt: string }>
    t.same(seen.map(({ SessionID }) => SessionID), [usedId, idleId], 'used last, listed first')
    t.ok(Math.abs(Date.parse(seen[0]?.LastSeenAt ?? '') - later) < 1000)
    t.ok(Date.parse(seen[1]?.LastSeenAt ?? '') < later - 300_000)

    // Behind the back of the feed, as by a process that was cut off and died.
    await world.rows(`UPDATE Sessions SET RevokedAt = CreatedAt WHERE SessionID = '${String(usedId)}'`)
    t.ok(remembered.get(used), 'nobody has said so')
    remembered.begin()(idle, { id: 1, role: 'user', sessionId: String(idleId) }, Date.now() + 60_000)
    remembered.begin()(used, { id: 1, role: 'user', sessionId: String(usedId) }, Date.now() + 60_000)
    await noteLastSeen()
    t.equal(remembered.get(used), undefined)
    t.ok(remembered.get(idle))

    await world.rows("UPDATE Users SET Role = 'super_admin'")
    remembered.begin()(idle, { id: 1, role: 'user', sessionId: String(idleId) }, Date.now() + 60_000)
    await noteLastSeen()
    t.equal(remembered.get(idle), undefined, 'nor is another role')
  })
}

t.test('what could not be written down is written the next time', async t => {
  let away = true
  const written: string[] = []
  const store = {
    seen: async (ids: string[]) => { if (away) throw new Error('away'); written.push(...ids) },
    live: async (ids: string[]) => new Map(ids.map(id => [id, 'user' as const]))
  }
  const remembered = createRemembered(createProcessFeed(), Date.now)
  for (let n = 1; n <= 1200; n++) remembered.begin()(`token ${n}`, identity(n), Date.now() + 60_000)
  let reports = 0
  const noteLastSeen = createLastSeen(store, remembered, () => { reports++ }, Date.now)
  await noteLastSeen()
  t.equal(reports, 1)
  t.ok(remembered.get('token 7'), 'the tokens are good all the same')
  away = false
  await noteLastSeen()
  t.equal(written.length, 1200)
})

t.test('so many tokens are remembered and no more, and the oldest makes room', async t => {
  const remembered = createRemembered(createProcessFeed(), Date.now, 100)
  for (let n = 1; n <= 250; n++) remembered.begin()(`token ${n}`, identity(n), Date.now() + 60_000)
  t.equal(remembered.size, 100)
  t.equal(remembered.get('token 150'), undefined)
  t.ok(remembered.get('token 151'))
})

t.test('T9: what was judged while a change was announced, or after a gap, is not remembered', async t => {
  const feed = createProcessFeed()
  const remembered = createRemembered(feed, Date.now)
  const keep = remembered.begin()
  await feed.announce([`account ${1}`])
  keep('token 1', identity(1), Date.now() + 60_000)
  t.equal(remembered.get('token 1'), undefined, 'the database may have been asked before the change')
  keep('token 2', identity(2), Date.now() + 60_000)
  t.ok(remembered.get('token 2'), 'of others nothing was said')
  const another = remembered.begin()
  await feed.announceGap()
  t.equal(remembered.size, 0)
  another('token 3', identity(3), Date.now() + 60_000)
  t.equal(remembered.get('token 3'), undefined)
})
