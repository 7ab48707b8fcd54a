import t from 'tap'
import { build, modes, type World } from '../helper.ts'
import { administrator, type Administrator } from '../support/administrators.ts'
import { nameKey } from '../../src/canonical.ts'

interface Listed { UserID: number, Name: string, Email: string }

/** Accounts written into the table. */
async function insert ({ app }: World, people: Array<{ name: string, email: string, disabled?: boolean }>): Promise<void> {
  for (let i = 0; i < people.length; i += 200) {
    await app.database.insertInto('Users').values(people.slice(i, i + 200).map(({ name, email, disabled = false }) => (
      { UserName: name, NameKey: nameKey(name), Email: email, EmailKey: email, Password: '', DisabledAt: disabled ? '2026-01-02 03:04:05' : null }))).execute()
  }
}

async function pages ({ get }: Administrator, query: string): Promise<Listed[][]> {
  const found: Listed[][] = []
  for (let after = ''; ;) {
    const { body } = await get(`/Admin/Users?${query}${after}`)
    if (body.Code !== 200) return found
    found.push(body.Users as Listed[])
    if (body.Next === undefined) return found
    after = `&After=${String(body.Next)}`
  }
}

async function namesOf ({ get }: Administrator, search: string): Promise<string[]> {
  const { body } = await get(`/Admin/Users?Search=${encodeURIComponent(search)}`)
  return body.Code === 201 ? [] : (body.Users as Listed[]).map(({ Name }) => Name)
}

for (const mode of modes) {
  t.test(`${mode}: pages of accounts have every account once, in order, also while accounts come and go`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    await insert(world, Array.from({ length: 523 }, (_, i) => ({ name: `Name ${i}`, email: `user${i}@example.com`, disabled: i % 10 === 0 })))
    const all = await pages(root, 'Limit=100')
    t.same(all.map(({ length }) => length), [100, 100, 100, 100, 100, 24])
    const ids = all.flat().map(({ UserID }) => UserID)
    t.same(ids, [...new Set(ids)].sort((a, b) => a - b))
    t.same((await pages(root, 'Search=user&Limit=100')).flat().length, 523)
    t.same((await pages(root, 'Search=user1&Limit=7')).flat().map(({ Email }) => Email), Array.from({ length: 523 }, (_, i) => `user${i}@example.com`).filter(email => email.startsWith('user1')))
    t.equal((await pages(root, 'Disabled=true')).flat().length, 53)
    t.equal((await pages(root, 'Disabled=false')).flat().length, 471)
    t.equal((await pages(root, 'Disabled=true&Search=user1')).flat().length, 11, '10, 100, 110 to 190')
    t.match(await pages(root, 'Role=super_admin'), [[{ UserID: root.id }]])
    t.match(await root.get('/Admin/Users?Role=super_admin&Disabled=true'), { status: 200, body: { Code: 201, Msg: '结果为空' } })
    const { body } = await root.get('/Admin/Users')
    t.equal((body.Users as Listed[]).length, 50, 'fifty unless said')
    const next = Number(body.Next)
    await world.rows(`DELETE FROM Users WHERE UserID = ${next}`)
    t.match(await root.get(`/Admin/Users?After=${next}&Limit=1`), { body: { Users: [{ UserID: ids[50] }] } }, 'a page begins after an account that is gone')
  })

  t.test(`${mode}: a search looks at beginnings of addresses and names, in any spelling, and at numbers`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    await insert(world, [
      { name: 'Ålice', email: 'alice@example.com' }, { name: '记梦人', email: 'dream@example.com' }, { name: 'STRASSE', email: 's@example.com' },
      { name: '100% Bob', email: '100@example.com' }, { name: '100_Bob', email: 'b_b@example.com' }, { name: 'back\\slash', email: 'bxb@example.com' }, { name: '😀 smile', email: 'smile@example.com' }, { name: '😁 grin', email: 'grin@example.com' }
    ])
    t.same(await namesOf(root, 'ALICE@'), ['Ålice'])
    t.same(await namesOf(root, 'A\u030aLI'), ['Ålice'])
    t.same(await namesOf(root, '  ålice  '), ['Ålice'])
    t.same(await namesOf(root, 'lice'), [], 'beginnings only')
    t.same(await namesOf(root, '记梦'), ['记梦人'])
    t.same(await namesOf(root, 'straße'), ['STRASSE'])
    t.same(await namesOf(root, '😀'), ['😀 smile'])
    t.same(await namesOf(root, '100'), ['100% Bob', '100_Bob'])
    t.same(await namesOf(root, '100%'), ['100% Bob'], 'no character stands for others')
    t.same(await namesOf(root, '100_'), ['100_Bob'])
    t.same(await namesOf(root, 'b_b'), ['100_Bob'])
    t.same(await namesOf(root, 'back\\'), ['back\\slash'])
    for (const search of ['%', '_', '%%', "' OR 1=1 --", "'; DROP TABLE Users; --", '" OR ""="', '\\', '\u{10FFFF}', '*', '%00']) t.same(await namesOf(root, search), [], search)
    await world.rows("UPDATE Users SET UserID = 4711 WHERE EmailKey = 'grin@example.com'")
    t.same(await namesOf(root, '4711'), ['😁 grin'], 'and the account of the number')
    t.same(await namesOf(root, '471'), [])
  })

  t.test(`${mode}: a beginning that very many share finds the first thousand and says so; one who filters finds all there are`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    await insert(world, Array.from({ length: 1_050 }, (_, i) => ({ name: `p${i}`, email: `q${String(i).padStart(5, '0')}@example.com`, disabled: i === 1_049 })))
    t.match(await root.get('/Admin/Users?Search=q&Limit=1'), { body: { Incomplete: true, Next: String } })
    t.equal((await pages(root, 'Search=q&Limit=100')).flat().length, 1_000)
    t.equal((await root.get('/Admin/Users?Search=q0000')).body.Incomplete, undefined)
    t.match(await root.get('/Admin/Users?Search=q&Disabled=true'), { body: { Users: [{ Email: 'q01049@example.com', Disabled: true, DisabledAt: '2026-01-02T03:04:05Z' }] } })
  })

  t.test(`${mode}: a query that is none is named and refused`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const queries = [
      'After=0', 'After=-1', 'After=abc', 'After=1%20OR%201=1', 'After=1&After=2', 'After=', 'Limit=0', 'Limit=101', 'Limit=-1', 'Limit=1e2', 'Limit=', 'Role=root', 'Role=', 'Disabled=1', 'Disabled=TRUE', 'Search=', 'Search=%20',
      'Search=a%00b', 'Search=a&Search=b', 'Search[]=a', `Search=${'a'.repeat(101)}`, 'Sort=Email', '__proto__=x'
    ]
    for (const query of queries) t.match(await root.get(`/Admin/Users?${query}`), { status: 400, body: { Code: 400, Details: [{ Field: String, Reason: String }] } }, query)
  })

  t.test(`${mode}: an account is shown with its live sessions, and without what its owner has told of themselves`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const { body } = await root.get(`/Admin/Users/${root.id}`)
    t.match(body, { User: { UserID: root.id, Name: 'Root', Email: 'root@example.com', Role: 'super_admin', Disabled: false, DisabledAt: null, RegisterTime: /Z$/, LastLogin: /Z$/ }, Sessions: [{ SessionID: /^[0-9a-f-]{36}$/, Network: '127.0.0.1' }] })
    t.same(Object.keys(Object(body.User)).sort(), ['Disabled', 'DisabledAt', 'Email', 'LastLogin', 'Name', 'RegisterTime', 'Role', 'UserID'])
    t.equal((body.Sessions as unknown[]).length, 1)
  })
}
