import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { oldPassword } from './old-deployment.ts'

const silent = (): void => {}
const never = new AbortController().signal

/** Accounts 1 to `count` with what the old service stored for them: in turn SHA-256 of the digest, the bare digest and SHA-256 of the password. */
async function oldAccounts ({ app }: World, count: number): Promise<void> {
  for (let from = 1; from <= count; from += 100) {
    const ids = Array.from({ length: Math.min(100, count - from + 1) }, (_, i) => from + i)
    await app.database.insertInto('Users').values(ids.map(id => ({ UserName: `User ${id}`, NameKey: `user ${id}`, Email: emailOf(id), EmailKey: emailOf(id), Password: oldPassword(id).stored }))).execute()
  }
}

const emailOf = (id: number): string => `user${id}@example.com`

async function stored ({ rows }: World): Promise<Map<number, string>> {
  return new Map((await rows('SELECT UserID, Password FROM Users ORDER BY UserID')).map(({ UserID, Password }) => [Number(UserID), String(Password)]))
}

const loginOf = ({ post }: World, id: number, Password: string) => post('/Auth/Login', { Email: emailOf(id), Password }, { from: `10.${id >> 8}.${id & 255}.1` })

for (const mode of modes) {
  t.test(`${mode}: C5: every bare hash is wrapped without waiting for a login, whatever it was; then everybody logs in as before, and is unwrapped`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 30)
    const adopted = await world.app.adoptHashes({ from: 'any', relabel: false, signal: never, progress: silent })
    t.same(adopted, { wrapped: 30, relabelled: 0, overtaken: 0, upToDate: 0, unreadable: 0, unreadableIds: [] })
    const wrapped = await stored(world)
    for (const hash of wrapped.values()) t.match(hash, /^\$pbkdf2-sm3\$i=250,l=32,inner=any\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/)
    for (const id of wrapped.keys()) {
      const { typed } = oldPassword(id)
      t.equal((await loginOf(world, id, 'a wrong password')).body.Code, 501)
      t.match((await loginOf(world, id, id % 3 === 2 ? typed : digest(typed))).body, { Code: 200, UserID: id })
    }
    for (const hash of (await stored(world)).values()) t.match(hash, /^\$pbkdf2-sm3\$i=1000,l=32\$/, 'unwrapped')
    await world.app.events.flush()
    const events = await world.rows("SELECT UserID, Reason, COUNT(*) AS Times FROM Events WHERE Type = 'adoption' GROUP BY UserID, Reason")
    t.equal(events.filter(({ Reason }) => Reason === 'any').length, 30, 'each adoption is in the audit trail')
    t.equal(events.filter(({ Reason }) => Reason === 'login').length, 30)
  })

  t.test(`${mode}: C5: adopted as SHA-256, what stood in the table is no password any more`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 3)
    const before = await stored(world)
    await world.app.adoptHashes({ from: 'sha256', relabel: false, signal: never, progress: silent })
    for (const [id, old] of before) {
      t.equal((await loginOf(world, id, old)).body.Code, 501)
      t.equal((await loginOf(world, id, (await stored(world)).get(id)?.slice(0, 128) ?? '')).body.Code, 501, 'nor is what stands there now')
    }
    t.equal((await loginOf(world, 3, digest(oldPassword(3).typed))).body.Code, 200)
  })

  t.test(`${mode}: C5: run again, and run by two at once, it changes nothing twice`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 40)
    const options = { from: 'sha256', relabel: false, signal: never, progress: silent } as const
    const [one, two] = await Promise.all([world.app.adoptHashes(options), world.app.adoptHashes(options)])
    t.equal(one.wrapped + two.wrapped, 40)
    const wrapped = await stored(world)
    t.same(await world.app.adoptHashes(options), { wrapped: 0, relabelled: 0, overtaken: 0, upToDate: 40, unreadable: 0, unreadableIds: [] })
    t.same(await stored(world), wrapped)
  })

  t.test(`${mode}: C5: interrupted, it has done what it says, and goes on where it stopped`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 1_100)
    const interrupt = new AbortController()
    let last = 0
    const first = await world.app.adoptHashes({
      from: 'sha256',
      relabel: false,
      signal: interrupt.signal,
      progress: ({ wrapped }, id, highest) => {
        t.ok(id <= highest)
        last = Math.max(last, id)
        if (wrapped >= 600) interrupt.abort()
      }
    })
    t.ok(first.wrapped >= 600 && first.wrapped < 1_100, `${first.wrapped} wrapped`)
    t.equal([...(await stored(world)).values()].filter(hash => hash.includes('inner=sha256')).length, first.wrapped)
    const second = await world.app.adoptHashes({ from: 'sha256', relabel: false, signal: never, progress: silent })
    t.equal(first.wrapped + second.wrapped, 1_100)
    t.equal(second.upToDate, first.wrapped)
  })

  t.test(`${mode}: C5: beside a service that is used, no login fails and no new password is lost`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 60)
    const adopting = world.app.adoptHashes({ from: 'any', relabel: false, signal: never, progress: silent })
    const ids = Array.from({ length: 60 }, (_, i) => i + 1)
    const changing = Promise.all([10, 20, 30].map(async id => {
      const update = { Email: emailOf(id), Password: digest(`new password of ${id}`) }
      t.match((await world.post('/Auth/ResetPassword', { Email: update.Email }, { from: `10.9.${id}.1` })).body, { Code: 200 })
      return world.post('/Auth/UpdatePassword', { ...update, VerifyCode: await world.codeFor(update.Email) }, { from: `10.9.${id}.1` })
    }))
    const answers = await Promise.all(ids.filter(id => id % 10 !== 0).map(id => loginOf(world, id, oldPassword(id).typed)))
    // Some may find the queue full, which loses nothing.
    t.same([...new Set(answers.map(({ body }) => body.Code))].filter(code => code !== 200 && code !== 529), [])
    for (const { text } of await changing) t.match(text, /"Code":(200|529)/)
    const { wrapped, overtaken, upToDate } = await adopting
    t.equal(wrapped + overtaken + upToDate, 60)
    await world.pass(15 * 60_000)
    for (const id of ids) {
      const { typed } = oldPassword(id)
      const codes = [(await loginOf(world, id, typed)).body.Code]
      if (codes[0] !== 200) codes.push((await loginOf(world, id, `new password of ${id}`)).body.Code)
      t.ok(codes.includes(200), `user ${id} still gets in`)
    }
  })

  t.test(`${mode}: C5: what was adopted with the wrong form is corrected by its label, without a hash`, async t => {
    const world = await build(t, mode)
    await oldAccounts(world, 3)
    await world.app.adoptHashes({ from: 'sha256', relabel: false, signal: never, progress: silent })
    const { typed } = oldPassword(1)
    t.equal((await loginOf(world, 1, digest(typed))).body.Code, 501, 'the digest itself is no SHA-256 of anything that is sent')
    t.match(await world.app.adoptHashes({ from: 'any', relabel: true, signal: never, progress: silent }), { wrapped: 0, relabelled: 3 })
    for (const id of [1, 2, 3]) t.equal((await loginOf(world, id, oldPassword(id).typed)).body.Code, 200)
  })

  t.test(`${mode}: C5, C6: with a pepper and argon2id the wrap has both; what is no hash is counted and left`, async t => {
    const world = await build(t, mode, { PASSWORD_HASH: 'argon2id', PASSWORD_PEPPER: 'a pepper of its own: 77c1e09d4b3fa865' })
    await oldAccounts(world, 2)
    await world.rows("UPDATE Users SET Password = 'no hash of anybody' WHERE UserID = 2")
    t.match(await world.app.adoptHashes({ from: 'sm3', relabel: false, signal: never, progress: silent }), { wrapped: 1, unreadable: 1, unreadableIds: [2] })
    t.match((await stored(world)).get(1), /^\$argon2id\$v=19\$m=65536,t=1,p=1,keyid=[0-9a-f]{8},inner=sm3\$/)
    t.equal((await stored(world)).get(2), 'no hash of anybody')
    t.equal((await loginOf(world, 1, oldPassword(1).typed)).body.Code, 200)
    t.match((await stored(world)).get(1), /^\$argon2id\$v=19\$m=65536,t=3,p=1,keyid=[0-9a-f]{8}\$/)
  })
}
