import t from 'tap'
import { build, modes, type World } from '../helper.ts'
import { administrator, member, type Administrator } from '../support/administrators.ts'

type Event = Record<'EventID' | 'Type' | 'Outcome' | 'Reason' | 'RequestID' | 'Network', string> & { UserID: number | null }

async function eventsOf ({ get }: Administrator, query: string): Promise<Event[]> {
  const { body } = await get(`/Admin/Events?${query}`)
  return body.Code === 201 ? [] : body.Events as Event[]
}

const failedLogin = (world: World, from: string, Email = 'nobody@example.com'): Promise<unknown> => world.post('/Auth/Login', { Email, Password: 'wrong password' }, { from })

for (const mode of modes) {
  t.test(`${mode}: G1: what an administrator does is an event of the account and one of the administrator, joined by the request`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const alice = await member(world, 'Alice')
    await root.patch(`/Admin/Users/${alice.id}`, { Disabled: true, Role: 'super_admin' })
    await root.patch(`/Admin/Users/${alice.id}`, { Disabled: true })
    await root.patch(`/Admin/Users/${alice.id}`, { Disabled: false })
    await root.post(`/Admin/Users/${alice.id}/RevokeSessions`)
    const done = (await eventsOf(root, `UserID=${alice.id}&Since=2020-01-01T00:00:00Z`)).filter(({ Type }) => !['sign', 'verify', 'login'].includes(Type)).reverse()
    t.match(done, [
      { Type: 'disablement', Outcome: 'success', Reason: 'administrator', UserID: alice.id, Network: '127.0.0.1' },
      { Type: 'role_change', Reason: 'super_admin' }, { Type: 'enablement', Reason: 'administrator' }, { Type: 'session_revoke', Reason: 'administrator' }
    ], 'and what was so already is none')
    t.equal(done.length, 4)
    const acts = (await eventsOf(root, 'Type=administration')).reverse()
    t.match(acts.map(({ Reason, UserID, RequestID }) => [Reason, UserID, RequestID]), done.map(({ Type, RequestID }) => [Type, root.id, RequestID]))
    t.match((await eventsOf(root, 'Email=ALICE@example.com&Type=disablement')), [{ UserID: alice.id }])
    t.match(await root.patch(`/Admin/Users/${root.id}`, { Disabled: true }), { status: 200 }, 'alice is one too')
  })

  t.test(`${mode}: V1: after an administrator deletes somebody, one event says so, without a number, and the administrator's says that it was they`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const alice = await member(world, 'Alice')
    await root.patch(`/Admin/Users/${alice.id}`, { Role: 'super_admin' })
    await root.remove(`/Admin/Users/${alice.id}`)
    t.same(await eventsOf(root, `UserID=${alice.id}`), [])
    const left = await eventsOf(root, 'Email=alice@example.com')
    t.match(left, [{ Type: 'deletion', Outcome: 'success', Reason: 'administrator', UserID: null, Network: '127.0.0.1' }])
    t.equal(left.length, 1)
    t.match(await eventsOf(root, 'Type=administration&Limit=1'), [{ Reason: 'deletion', UserID: root.id, RequestID: left[0]?.RequestID }])
    t.match(await root.remove(`/Admin/Users/${root.id}`), { status: 403 })
    t.match(await eventsOf(root, 'Type=deletion&Outcome=failure'), [{ Reason: 'Forbidden', UserID: root.id }])
  })

  t.test(`${mode}: V1: of an administrator who deletes themselves nothing is left but one event without number and network`, async t => {
    const world = await build(t, mode)
    const [root, other] = [await administrator(world), await administrator(world, 'Other')]
    await other.patch(`/Admin/Users/${root.id}`, { Disabled: false })
    await other.remove(`/Admin/Users/${other.id}`)
    t.same(await eventsOf(root, `UserID=${other.id}`), [])
    t.match(await eventsOf(root, 'Email=other@example.com'), [{ Type: 'deletion', UserID: null, Network: null, RequestID: null }])
    t.same(await eventsOf(root, 'Type=administration&Outcome=success'), [])
  })

  t.test(`${mode}: events are found by what they are, whose and where from, newest first, page by page and each once`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    for (let i = 0; i < 7; i++) await failedLogin(world, i % 2 === 0 ? `203.0.${i}.7` : '2001:db8:1:2::5')
    await failedLogin(world, '203.0.0.7', 'root@example.com')
    const all = await eventsOf(root, 'Limit=100')
    t.same(all.map(({ EventID }) => EventID), [...new Set(all.map(({ EventID }) => EventID))].sort().reverse())
    const paged: Event[] = []
    for (let after = ''; ;) {
      const { body } = await root.get(`/Admin/Events?Limit=3${after}`)
      paged.push(...body.Events as Event[])
      if (body.Next === undefined) break
      after = `&After=${String(body.Next)}`
    }
    t.same(paged, all)
    t.equal((await eventsOf(root, 'Type=login&Outcome=failure')).length, 8)
    t.equal((await eventsOf(root, 'Type=login&Outcome=failure&Email=nobody@example.com')).length, 7)
    t.match(await eventsOf(root, `Outcome=failure&UserID=${root.id}`), [{ Reason: 'wrong_password' }])
    for (const network of ['2001:db8:1:2::9', '2001:DB8:1:2::/64', '2001:db8:1:2::/64']) t.equal((await eventsOf(root, `Network=${encodeURIComponent(network)}`)).length, 3, network)
    t.equal((await eventsOf(root, 'Network=203.0.0.7')).length, 2)
    const before = String(Object(all[4]).OccurredAt)
    t.same(await eventsOf(root, `Since=${before}&Limit=100`), all.filter(event => String(Object(event).OccurredAt) >= before))
    t.same(await eventsOf(root, `Until=${before}&Limit=100`), all.filter(event => String(Object(event).OccurredAt) < before))
    t.match(await root.get('/Admin/Events?Network=198.51.100.1'), { status: 200, body: { Code: 201 } })
    t.match(await root.get('/Admin/Events?Email=stranger@example.com'), { body: { Code: 201 } })
  })

  t.test(`${mode}: a query of events that is none is named and refused`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const cursor = '019abcde-0000-7000-8000-000000000000'
    for (const query of [
      'After=1', `After=${cursor}x`, `After=${cursor.toUpperCase()}`, `After=${cursor}'`, 'After=%27%20OR%201=1', 'After=0b9f6f0e-4a43-4f0c-9d53-8a9c7f1f5a21', 'Type=logins', 'Type=', 'Outcome=ok', 'UserID=0', 'UserID=x', 'Email=alice', 'Email=%25@example.com%00', 'Network=%25',
      'Since=yesterday', 'Since=2026-13-01T00:00:00Z', 'Since=2026-02-30T00:00:00Z', 'Since=2026-01-01T00:00:60Z', 'Since=2026-01-01', 'Until=1', 'Limit=0', 'Limit=1000', 'Account=x', 'Type=login&Type=sign'
    ]) t.match(await root.get(`/Admin/Events?${query}`), { status: 400, body: { Code: 400, Details: [{ Field: String }] } }, query)
  })
}
