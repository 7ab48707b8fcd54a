import t from 'tap'
import { createLog } from '../../src/log.ts'
import { build, digest, modes } from '../helper.ts'
import { patiently } from '../support/patience.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

t.test('I3: the log masks addresses in linear time', async t => {
  const lines: string[] = []
  const log = createLog('info', { write: line => { lines.push(line) } })
  const timeOf = (length: number): number => {
    const start = process.cpuUsage()
    log.info({ err: new Error('a'.repeat(length)) }, 'long')
    const { user, system } = process.cpuUsage(start)
    return (user + system) / 1_000
  }
  timeOf(1_000)
  // Quadratic, the second would take 1,024 times as long as the first.
  t.ok(timeOf(512_000) < 200 * Math.max(1, timeOf(16_000)))
  t.equal(lines.length, 3)
})

for (const mode of modes) {
  t.test(`${mode}: X1, G2: a URL that cannot be read gets the headers of every answer, and is not logged`, async t => {
    const world = await build(t, mode)
    const answer = await world.get('/%zz?token=a-secret')
    t.match(answer, { status: 400, headers: { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'content-security-policy': /^default-src 'none'/ }, body: { Code: 400, Details: [{ Field: 'Path' }] } })
    t.notMatch(world.log(), /a-secret/)
  })

  t.test(`${mode}: T6: a token does not outlive the database it was issued for`, async t => {
    const key = 'the same key for both: 31c8a07bd96e'
    const [before, after] = [await build(t, mode, { JWT_SECRET_KEY: key }), await build(t, mode, { JWT_SECRET_KEY: key })]
    await before.register(alice)
    await after.register(alice)
    t.match(await after.get('/CheckJWTToken', { headers: { authorization: `Bearer ${await before.login(alice)}` } }), { status: 401 })
  })

  t.test(`${mode}: C7: one network cannot take the whole hashing queue`, async t => {
    const world = await build(t, mode, { PASSWORD_HASH_ITERATIONS: '100000' })
    await world.register(alice)
    const crowd = Array.from({ length: 60 }, () => world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from: '203.0.113.1' }))
    t.match(await patiently(() => world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { from: '198.51.100.1' })), { body: { Code: 200 } })
    t.ok((await Promise.all(crowd)).some(({ body }) => body.Code === 529 || body.Code === 429))
  })

  t.test(`${mode}: L7: asking UpdatePassword who exists is limited`, async t => {
    const world = await build(t, mode)
    const codes = new Set<number>()
    for (let i = 0; i < 101; i++) codes.add((await patiently(() => world.post('/Auth/UpdatePassword', { ...alice, Name: undefined, Email: `nobody${i}@example.com`, VerifyCode: '000000' }))).body.Code)
    t.same([...codes], [503, 429])
  })

  t.test(`${mode}: the super administrator's names may be taken by others`, async t => {
    const Email = 'admin@corp.example'
    const first = await build(t, mode)
    await first.register({ ...alice, Name: 'admin' })
    await first.register({ ...alice, Email: 'eve@example.com', Name: Email })
    t.equal(await first.app.accounts.ensureSuperAdmin({ Email, Password: alice.Password }), true)
    t.match(await first.post('/Auth/Login', { Email, Password: alice.Password }), { body: { Code: 202 } })
  })
}
