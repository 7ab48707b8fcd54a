import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
const other = (code: string): string => code === '000000' ? '000001' : '000000'

for (const mode of modes) {
  t.test(`${mode}: R1: until the right code comes there is no row, nobody can log in, and name and address are free`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: other(VerifyCode) })).body.Code, 520)
    t.equal((await world.post('/Auth/Login', login)).body.Code, 501)
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 503)
    t.strictSame(await world.rows('SELECT * FROM Users'), [])
    await world.register({ ...alice, Email: 'other@example.com' })
    t.match((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body, { Code: 502, Field: 'Name' }, 'who asked for a code has reserved nothing')
    t.equal((await world.post('/Auth/Verify', { ...alice, Name: 'Alice the Second', VerifyCode })).body.Code, 200)
    t.strictSame(await world.rows('SELECT Email FROM Users ORDER BY UserID'), [{ Email: 'other@example.com' }, { Email: alice.Email }])
  })

  t.test(`${mode}: R2: what the bearer of the code sends is stored, and nothing of what a stranger asked for the code with`, async t => {
    const world = await build(t, mode)
    const stranger = { Name: 'Mallory', Email: alice.Email, Password: digest('the stranger knows this one') }
    t.equal((await world.post('/Auth/Sign', stranger, { from: '203.0.113.1' })).body.Code, 200)
    const VerifyCode = await world.codeFor(alice.Email)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 200, 'who reads the mailbox')
    t.strictSame(await world.rows('SELECT UserName, Email FROM Users'), [{ UserName: alice.Name, Email: alice.Email }])
    t.equal((await world.post('/Auth/Login', login)).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: stranger.Password }, { from: '203.0.113.1' })).body.Code, 501)
  })

  t.test(`${mode}: R2: the code of one mailbox proves no other`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Sign', { ...alice, Email: 'mallory@example.com' })
    await world.post('/Auth/Sign', alice)
    const [own, victims] = [await world.codeFor('mallory@example.com'), await world.codeFor(alice.Email)]
    if (own !== victims) t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: own })).body.Code, 520)
    t.strictSame(await world.rows('SELECT * FROM Users'), [])
  })

  t.test(`${mode}: R3: the database itself refuses a second row of one address or one name`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const insert = (email: string, name: string): Promise<unknown> => world.rows(`INSERT INTO Users (UserName, NameKey, Email, EmailKey, Password) VALUES ('x${name}', '${name}', 'x${email}', '${email}', 'x')`)
    for (const [email, name] of [[alice.Email, 'bob'], ['bob@example.com', 'alice']] as const) await t.rejects(insert(email, name), /unique|duplicate/i, `${email} ${name}`)
    await insert('bob@example.com', 'bob')
    t.equal((await world.rows('SELECT UserID FROM Users')).length, 2)
  })
}
