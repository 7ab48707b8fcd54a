import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
const HOME = { from: '192.0.2.7', headers: { 'user-agent': 'Dream/1.0' } }
const REQUEST_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

async function trail (world: World): Promise<Array<Record<string, unknown>>> {
  await world.app.events.flush()
  return world.rows('SELECT * FROM Events ORDER BY EventID')
}

/** Type, outcome and reason of each event. */
async function told (world: World): Promise<string[]> {
  return (await trail(world)).map(({ Type, Outcome, Reason }) => [Type, Outcome, Reason].filter(word => word !== null).join(' '))
}

for (const mode of modes) {
  t.test(`${mode}: G1: everything that is decided about an account is in the audit trail, in its order, with its reason`, async t => {
    const world = await build(t, mode, { BOOTSTRAP_ADMIN_EMAIL: 'root@example.com', BOOTSTRAP_ADMIN_PASSWORD: 'a password nobody else has' })
    const wrong = { ...login, Password: digest('wrong') }
    await world.post('/Auth/Sign', alice, HOME)
    const VerifyCode = await world.codeFor(alice.Email)
    await world.post('/Auth/Verify', { ...alice, VerifyCode: VerifyCode === '000000' ? '000001' : '000000' }, HOME)
    await world.post('/Auth/Verify', { ...alice, VerifyCode }, HOME)
    await world.post('/Auth/Sign', { ...alice, Email: 'other@example.com' }, HOME)
    await world.post('/Auth/Login', wrong, HOME)
    await world.post('/Auth/Login', { ...wrong, Email: 'nobody@example.com' }, HOME)
    await world.post('/Auth/Login', login, HOME)
    await world.post('/Auth/ResetPassword', { Email: 'nobody@example.com' }, HOME)
    await world.post('/Auth/ResetPassword', { Email: alice.Email }, HOME)
    await world.post('/Auth/UpdatePassword', { ...login, VerifyCode: await world.codeFor(alice.Email) }, HOME)
    t.strictSame(await told(world), [
      'role_change success super_admin',
      'sign success', 'verify failure CodeWrong', 'verify success', 'sign failure UserExists',
      'login failure wrong_password', 'login failure unknown_account', 'login success',
      'reset failure UserNotFound', 'reset success', 'password_change success'
    ])
  })

  t.test(`${mode}: G1, G2: an event says when in UTC, which request, which account, from where and with what; and shows no address`, async t => {
    const world = await build(t, mode)
    await world.register(alice, HOME)
    const before = Date.now()
    await world.post('/Auth/Login', login, HOME)
    const [event] = (await trail(world)).slice(-1)
    t.match(event, { Type: 'login', Outcome: 'success', UserID: 1, Network: '192.0.2.7', UserAgent: 'Dream/1.0', RequestID: REQUEST_ID, Account: /^[A-Za-z0-9_-]{43}$/ })
    const [{ At } = {}] = await world.rows(`SELECT CAST(OccurredAt AS CHAR(23)) AS At FROM Events WHERE EventID = '${String(event?.EventID)}'`)
    const at = Date.parse(`${String(At).replace(' ', 'T')}Z`)
    t.ok(at >= before - 1 && at <= Date.now(), String(At))
    const logged = world.log().trim().split('\n').map(line => JSON.parse(line)).find(({ reqId }) => reqId === event?.RequestID)
    t.match(logged, { route: '/Auth/Login' }, 'the log knows the request by the same id')
    t.notMatch(JSON.stringify(await trail(world)), /alice@|example\.com/)
  })

  t.test(`${mode}: G1: that somebody is throttled is told once and not with every refusal; that an account is closed to strangers is a lock`, async t => {
    const world = await build(t, mode)
    await world.register(alice, HOME)
    for (let i = 0; i < 30; i++) await world.post('/Auth/Login', { ...login, Password: digest('wrong') }, { from: '198.51.100.9' })
    t.same((await told(world)).filter(event => event.startsWith('throttle')), ['throttle failure login-minute'])
    for (let round = 0; round < 6; round++) {
      await world.pass(15 * 60_000)
      for (let i = 0; i < 20; i++) await world.post('/Auth/Login', { ...login, Password: digest('wrong') }, { from: `10.${round}.${i}.1` })
    }
    t.same((await told(world)).filter(event => event.startsWith('lock')), ['lock failure account'])
    t.equal((await told(world)).filter(event => event === 'login failure wrong_password').length, 100)
  })

  t.test(`${mode}: G1: what fails for want of the service, or of form, says nothing about an account and is no event`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Login', { ...login, Email: 'none' })
    await world.post('/Auth/Sign', { ...alice, Surprise: 'unknown' })
    t.strictSame(await told(world), [])
  })

  t.test(`${mode}: G1, S1: what happened just before the service stops is in the trail`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const { DATA_DIR, DB_NAME, JWT_SECRET_KEY } = world.config
    await Promise.all(Array.from({ length: 8 }, (_, i) => world.post('/Auth/Login', login, { from: `203.0.${i}.1` })))
    await world.app.close()
    const again = await build(t, mode, { DATA_DIR, DB_NAME, JWT_SECRET_KEY })
    t.equal((await told(again)).filter(event => event === 'login success').length, 8)
  })
}
