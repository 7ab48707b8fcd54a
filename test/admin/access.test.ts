import t from 'tap'
import { bearer, build, modes, type Answer, type World } from '../helper.ts'
import { administrator, member } from '../support/administrators.ts'

const routes: Array<[string, (world: World, asking: Parameters<World['get']>[1]) => Promise<Answer>]> = [
  ['GET /Admin/Users', ({ get }, asking) => get('/Admin/Users', asking)],
  ['GET /Admin/Users/1', ({ get }, asking) => get('/Admin/Users/1', asking)],
  ['PATCH /Admin/Users/1', ({ patch }, asking) => patch('/Admin/Users/1', { Role: 'super_admin' }, asking)],
  ['DELETE /Admin/Users/1', ({ remove }, asking) => remove('/Admin/Users/1', undefined, asking)],
  ['POST /Admin/Users/1/RevokeSessions', ({ post }, asking) => post('/Admin/Users/1/RevokeSessions', undefined, asking)],
  ['GET /Admin/Events', ({ get }, asking) => get('/Admin/Events', asking)]
]

for (const mode of modes) {
  t.test(`${mode}: C8: every route of administrators is refused without a token, and without the role, whatever else is asked`, async t => {
    const world = await build(t, mode)
    const { id, token } = await member(world, 'Alice')
    for (const [route, ask] of routes) {
      t.match(await ask(world, {}), { status: 401, body: { Code: 401 }, headers: { 'www-authenticate': /^Bearer/ } }, route)
      t.match(await ask(world, bearer(token)), { status: 403, body: { Code: 403, Msg: '无权限' } }, route)
    }
    t.match(await world.patch('/Admin/Users/0', '{"no JSON', bearer(token)), { status: 403 }, 'before the body is read')
    t.match(await world.rows(`SELECT Role, DisabledAt FROM Users WHERE UserID = ${id}`), [{ Role: 'user', DisabledAt: null }])
  })

  t.test(`${mode}: T6: who was an administrator a moment ago is none now, with the same token, and the other way round`, async t => {
    const world = await build(t, mode)
    const [root, other] = [await administrator(world), await administrator(world, 'Other')]
    t.match(await other.get('/Admin/Users'), { body: { Code: 200 } })
    t.match(await root.patch(`/Admin/Users/${other.id}`, { Role: 'user' }), { body: { Code: 200, User: { Role: 'user' } } })
    for (const [route, ask] of routes) t.match(await ask(world, bearer(other.token)), { status: 403 }, route)
    t.match(await world.get('/CheckJWTToken', bearer(other.token)), { status: 200, headers: { 'x-auth-role': 'user' } })
    t.match(await root.patch(`/Admin/Users/${other.id}`, { Role: 'super_admin' }), { body: { Code: 200 } })
    t.match(await other.get('/Admin/Users'), { body: { Code: 200 } })
  })

  t.test(`${mode}: numbers, fields and values that are none are named and refused, and nothing changes`, async t => {
    const world = await build(t, mode)
    const root = await administrator(world)
    for (const id of ['0', '-1', '1.5', '1e3', '01', 'x', '99999999999', '1%20OR%201=1', '%27', '1;DROP TABLE Users']) {
      t.match(await root.get(`/Admin/Users/${id}`), { status: 400, body: { Code: 400, Details: [{ Field: 'UserID' }] } }, id)
      t.match(await root.remove(`/Admin/Users/${id}`), { status: 400 }, id)
    }
    for (const body of [{}, { Disabled: 'true' }, { Disabled: 1 }, { Disabled: null }, { Role: 'root' }, { Role: 7 }, { Role: ['user'] }, { Role: 'user', UserID: 2 }, { Password: 'x' }, [], 'null']) {
      t.match(await root.patch(`/Admin/Users/${root.id}`, body), { status: 400, body: { Code: 400, Details: [{}] } }, JSON.stringify(body))
    }
    for (const id of [root.id + 1, 2147483647, 9999999999]) {
      for (const answer of [await root.get(`/Admin/Users/${id}`), await root.patch(`/Admin/Users/${id}`, { Disabled: true }), await root.remove(`/Admin/Users/${id}`), await root.post(`/Admin/Users/${id}/RevokeSessions`)]) {
        t.match(answer, { status: 200, body: { Code: 503, Msg: '用户不存在' } }, String(id))
      }
    }
    t.match(await root.get('/Admin/Users'), { body: { Users: [{ UserID: root.id, Role: 'super_admin', Disabled: false }] } })
  })
}
