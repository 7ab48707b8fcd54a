import t from 'tap'
import { bearer, build, modes } from '../helper.ts'
import { administrator, member } from '../support/administrators.ts'

for (const mode of modes) {
  t.test(`${mode}: T6: disabling an account ends its sessions at once, and enabling it brings none of them back`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const alice = await member(world, 'Alice')
    const phone = await world.login(alice)
    for (const token of [alice.token, phone]) t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 200 })
    t.match(await root.patch(`/Admin/Users/${alice.id}`, { Disabled: true }), { body: { Code: 200, User: { UserID: alice.id, Disabled: true, DisabledAt: /Z$/ } } })
    for (const token of [alice.token, phone]) {
      t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 401 })
      t.match(await world.post('/Auth/Refresh', undefined, bearer(token)), { status: 401 })
    }
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { Code: 501 } })
    t.match((await root.get(`/Admin/Users/${alice.id}`)).body, { Code: 200, Sessions: [] })
    t.match(await root.patch(`/Admin/Users/${alice.id}`, { Disabled: false }), { body: { User: { Disabled: false, DisabledAt: null } } })
    for (const token of [alice.token, phone]) t.match(await world.get('/CheckJWTToken', bearer(token)), { status: 401 })
    t.match(await world.get('/CheckJWTToken', bearer(await world.login(alice))), { status: 200 })
  })

  t.test(`${mode}: T10: an administrator ends every session of an account, which may log in again`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const [alice, bob] = [await member(world, 'Alice'), await member(world, 'Bob')]
    t.match(await world.get('/CheckJWTToken', bearer(alice.token)), { status: 200 })
    t.match(await root.post(`/Admin/Users/${alice.id}/RevokeSessions`), { status: 200, body: { Code: 200 } })
    t.match(await world.get('/CheckJWTToken', bearer(alice.token)), { status: 401 })
    t.match(await world.get('/CheckJWTToken', bearer(bob.token)), { status: 200 })
    t.match(await world.get('/CheckJWTToken', bearer(await world.login(alice))), { status: 200 })
  })

  t.test(`${mode}: V1: an administrator deletes an account: its tokens are refused, and name and address are free`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const alice = await member(world, 'Alice')
    t.match(await root.remove(`/Admin/Users/${alice.id}`), { body: { Code: 200 } })
    t.match(await world.get('/CheckJWTToken', bearer(alice.token)), { status: 401 })
    t.match(await root.get(`/Admin/Users/${alice.id}`), { body: { Code: 503 } })
    t.match(await root.remove(`/Admin/Users/${alice.id}`), { body: { Code: 503 } })
    t.same(await world.rows(`SELECT SessionID FROM Sessions WHERE UserID = ${alice.id}`), [])
    t.not((await member(world, 'Alice')).id, alice.id)
  })

  t.test(`${mode}: the last super administrator can be neither deleted, disabled nor demoted, by whomever; one of two can`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const refused = { status: 403, body: { Code: 403 } }
    const attempts = async (id: number): Promise<unknown[]> => [
      await root.patch(`/Admin/Users/${id}`, { Role: 'user' }), await root.patch(`/Admin/Users/${id}`, { Disabled: true }), await root.patch(`/Admin/Users/${id}`, { Disabled: true, Role: 'super_admin' }),
      await root.patch(`/Admin/Users/${id}`, { Disabled: false, Role: 'user' }), await root.remove(`/Admin/Users/${id}`)
    ]
    for (const answer of await attempts(root.id)) t.match(answer, refused)
    const other = await administrator(world, 'Other')
    t.match(await root.patch(`/Admin/Users/${other.id}`, { Disabled: true }), { body: { Code: 200 } })
    for (const answer of await attempts(root.id)) t.match(answer, refused, 'one who is disabled does not count')
    t.match(await root.patch(`/Admin/Users/${root.id}`, { Role: 'super_admin', Disabled: false }), { body: { Code: 200, User: { Role: 'super_admin', Disabled: false } } }, 'what is so already is no removal')
    t.match(await root.patch(`/Admin/Users/${other.id}`, { Disabled: false }), { body: { Code: 200 } })
    t.match(await root.patch(`/Admin/Users/${root.id}`, { Role: 'user' }), { body: { Code: 200, User: { Role: 'user' } } })
    t.match(await root.get('/Admin/Users'), { status: 403 })
    t.match(await world.rows("SELECT UserID FROM Users WHERE Role = 'super_admin' AND DisabledAt IS NULL"), [{ UserID: other.id }])
  })

  t.test(`${mode}: both fields change in one step, or neither`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    const alice = await member(world, 'Alice')
    t.match(await root.patch(`/Admin/Users/${alice.id}`, { Disabled: true, Role: 'super_admin' }), { body: { User: { Disabled: true, Role: 'super_admin' } } })
    t.match(await world.get('/CheckJWTToken', bearer(alice.token)), { status: 401 })
    t.match(await root.patch(`/Admin/Users/${alice.id}`, { Disabled: false, Role: 'user' }), { body: { User: { Disabled: false, Role: 'user' } } })
  })
}
