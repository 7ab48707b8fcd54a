import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse') }
const DAY = 86_400_000

for (const mode of modes) {
  t.test(`${mode}: V3: whoever signs up and never verifies leaves no account, and after a day nothing but a pseudonymous event`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    if (mode === 'server') t.not((await world.redis.keys('dream:code:*')).length, 0, 'while the code lives it is there')
    await world.pass(600_000)
    t.match(await world.post('/Auth/Verify', { ...alice, VerifyCode }), { body: { Code: 521 } })
    t.same(await world.rows('SELECT UserID FROM Users'), [])
    await world.pass(DAY)
    if (mode === 'server') t.same((await world.redis.keys('*')).filter(key => !/^dream:(health|revocations)/.test(key)), [])
    await world.app.events.flush()
    const events = await world.rows('SELECT * FROM Events')
    t.match(events, [{ Type: 'sign' }, { Type: 'verify' }])
    t.notMatch(JSON.stringify(events), /alice/i)
    await world.register(alice)
  })
}
