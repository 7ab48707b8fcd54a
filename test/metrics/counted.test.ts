import { setImmediate as eventLoopTurn } from 'node:timers/promises'
import t from 'tap'
import { bearer, build, digest, modes, type Answer } from '../helper.ts'
import { patiently, persistently } from '../support/patience.ts'
import { CAPTCHA, failOften, solutionTo, withSolution } from '../support/captcha.ts'
import { answering, startCourier } from '../support/courier.ts'
import { until } from '../support/faults.ts'
import { holdHashes } from '../support/hashes.ts'
import { METRICS_TOKEN, scrape } from '../support/metrics.ts'
import { networkNumber } from '../support/people.ts'
import { refusal, startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
const REQUESTS = 'dream_auth_http_requests_total'

for (const mode of modes) {
  t.test(`${mode}: each answer is counted by route, method, HTTP status and Code, and its time by route`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN })
    await world.register(alice)
    await world.login(alice)
    for (let i = 0; i < 2; i++) await world.post('/Auth/Login', { ...login, Password: digest('wrong') })
    await world.post('/Auth/Login', { Email: 'none' })
    await world.get('/Auth/Login')
    await world.get('/health')
    const { value } = await scrape(world)
    const count = (route: string, method: string, status: number, code: number): number | undefined => value(REQUESTS, { route, method, status: String(status), code: String(code) })
    t.equal(count('/Auth/Sign', 'POST', 200, 200), 1)
    t.equal(count('/Auth/Login', 'POST', 200, 200), 1)
    t.equal(count('/Auth/Login', 'POST', 200, 501), 2)
    t.equal(count('/Auth/Login', 'POST', 400, 400), 1)
    t.equal(count('unknown', 'GET', 405, 405), 1)
    t.equal(count('/health', 'GET', 200, 200), 1)
    t.equal(value('dream_auth_http_request_duration_seconds_count', { route: '/Auth/Login', method: 'POST' }), 4)
    t.ok((value('dream_auth_http_request_duration_seconds_sum', { route: '/Auth/Login' }) ?? 0) > 0)
  })

  t.test(`${mode}: whatever clients send, there are no more series: no URL, no method and nothing of theirs is a label`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN })
    const strange = async (i: number): Promise<void> => {
      await world.get(`/made-up-${i}/alice@example.com?token=secret-${i}`)
      await world.get(`/Auth/Login/${i}`)
      await world.post('/Auth/Login', { [`Field${i}`]: i })
      await world.app.inject({ method: 'PROPFIND' as 'GET', url: `/strange-${i}` })
      await world.get(`/dev/mailbox.json?To=person${i}@example.com`)
    }
    await strange(0)
    const before = await scrape(world)
    for (let i = 1; i < 40; i++) await strange(i)
    const after = await scrape(world)
    const series = (samples: typeof after.samples): string[] => samples.filter(({ name }) => name.startsWith('dream_auth_')).map(({ name, labels }) => `${name} ${JSON.stringify(labels)}`)
    t.same(series(after.samples).filter(each => !series(before.samples).includes(each) && !each.includes('"/metrics"')), [])
    t.notMatch(after.text, /made-up|strange|secret|example\.com|PROPFIND|Field/)
  })

  t.test(`${mode}: hashes, refusals by limit, token checks and events are counted`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN })
    await world.register(alice)
    const token = await world.login(alice)
    for (let i = 0; i < 3; i++) await world.get('/CheckJWTToken', bearer(token))
    for (let i = 0; i < 12; i++) await world.post('/Auth/Login', { ...login, Password: digest('wrong') })
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    await world.app.events.flush()
    const { value } = await scrape(world)
    t.equal(value('dream_auth_throttle_refusals_total', { limit: 'login-minute' }), 2)
    t.equal(value('dream_auth_throttle_refusals_total', { limit: 'cooldown' }), 1)
    t.equal(value('dream_auth_throttle_refusals_total', { limit: 'network-day' }), 0, 'what has not happened is nought')
    t.ok((value('dream_auth_hash_duration_seconds_count') ?? 0) >= 12, 'one for the account, one for each login that was not throttled')
    t.match([value('dream_auth_hash_running'), value('dream_auth_hash_waiting'), value('dream_auth_hash_refused_total')], [0, 0, 0])
    t.ok((value('dream_auth_hash_threads') ?? 0) >= 1)
    t.equal(value('dream_auth_token_checks_total', { answered_from: 'store' }), 1)
    t.equal(value('dream_auth_token_checks_total', { answered_from: 'memory' }), 2)
    t.equal(value('dream_auth_tokens_remembered'), 1)
    t.match([value('dream_auth_events_waiting'), value('dream_auth_events_dropped_total')], [0, 0])
    t.ok((value('nodejs_eventloop_lag_p99_seconds') ?? 0) > 0)
    t.ok((value('process_resident_memory_bytes') ?? 0) > 1e7)
  })

  t.test(`${mode}: whoever had to show work is counted by whether it was shown`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN, ...CAPTCHA })
    await failOften(world)
    const asked = await world.post('/Auth/Login', login)
    const headers = withSolution(await solutionTo(asked))
    for (let i = 0; i < 3; i++) await world.post('/Auth/Login', login, { headers })
    const { value } = await scrape(world)
    t.strictSame(['asked', 'passed', 'refused'].map(outcome => value('dream_auth_captcha_total', { outcome })), [1, 1, 2])
  })

  t.test(`${mode}: S3: the state of each dependency, and of the pool where there is one`, async t => {
    const world = await build(t, mode, { METRICS_TOKEN })
    const { value } = await scrape(world)
    t.equal(value('dream_auth_dependency_up', { dependency: 'database' }), 1)
    t.equal(value('dream_auth_dependency_up', { dependency: 'redis' }), mode === 'server' ? 1 : undefined)
    t.equal(value('dream_auth_redis_connected'), mode === 'server' ? 1 : undefined)
    t.equal(value('dream_auth_database_connections_limit'), mode === 'server' ? 5 : undefined)
    if (mode === 'embedded') return
    t.ok((value('dream_auth_database_connections') ?? 0) >= 1)
    let taken = 0
    let giveBack = (): void => {}
    const given = new Promise<void>(resolve => { giveBack = resolve })
    const take = (): Promise<void> => world.app.database.connection().execute(async () => {
      taken++
      await given
    })
    const holding = Array.from({ length: 5 }, () => persistently(take))
    t.teardown(giveBack)
    await until(async () => taken === 5)
    const waiting = Array.from({ length: 2 }, () => world.rows('SELECT 1').catch(() => {}))
    const { value: busy } = await scrape(world)
    t.equal(busy('dream_auth_database_connections', { state: 'in_use' }), 5)
    t.ok((busy('dream_auth_database_waiting') ?? 0) >= 2, 'those that wait')
    giveBack()
    await Promise.all([...holding, ...waiting])
  })

  t.test(`${mode}: the hashes that wait, and those refused because too many do`, async t => {
    const held = holdHashes()
    const world = await build(t, mode, { METRICS_TOKEN }, held.overrides)
    const { hashQueue, hashesAtOnce } = world.app
    held.hold(t)
    const places = hashesAtOnce * 17
    const many: Array<Promise<Answer>> = []
    for (let i = 0; hashQueue.refused < 20; i++) {
      many.push(patiently(() => world.post('/Auth/Login', { ...login, Email: `person${i}@example.com` }, { from: networkNumber(i) })))
      while (hashQueue.running + hashQueue.waiting + hashQueue.refused <= i) await eventLoopTurn()
    }
    const { value } = await scrape(world)
    t.match(['running', 'waiting', 'refused_total'].map(name => value(`dream_auth_hash_${name}`)), [hashesAtOnce, places - hashesAtOnce, 20])
    held.release()
    t.equal((await Promise.all(many)).filter(({ body }) => body.Code === 529).length, 20)
    const { value: after } = await scrape(world)
    t.match(['running', 'waiting', 'refused_total'].map(name => after(`dream_auth_hash_${name}`)), [0, 0, 20])
  })
}

t.test('D4: notices are counted by what became of them, and those that wait with their age', async t => {
  const courier = await startCourier(t)
  const world = await build(t, 'embedded', { ...courier.settings, METRICS_TOKEN })
  await world.app.database.insertInto('Users').values({ UserID: 1, UserName: 'Alice', NameKey: 'alice', Email: alice.Email, EmailKey: alice.Email, Password: 'none' }).execute()
  const { outcomes } = world.app.outbox
  for (const [outcome, answer] of [['delivered', '250 ok'], ['deferred', '450 later'], ['refused', '550 no']] as const) {
    courier.says = answering('RCPT', answer)
    world.app.notices.tell('new_network', 'en', { to: alice.Email, at: Date.now(), network: '203.0.113.7' }, 1)
    await until(async () => outcomes[outcome] === 1)
  }
  await until(async () => (await world.rows('SELECT NoticeID FROM PendingNotices')).length === 1)
  await world.pass(60_000)
  const { value } = await scrape(world)
  for (const outcome of ['delivered', 'deferred', 'refused']) t.equal(value('dream_auth_notices_total', { outcome }), 1, outcome)
  for (const outcome of ['unknown', 'expired']) t.equal(value('dream_auth_notices_total', { outcome }), 0, 'what has not happened is nought')
  t.equal(value('dream_auth_notices_pending'), 1)
  t.ok((value('dream_auth_notices_oldest_seconds') ?? 0) >= 60)
})

t.test('D4: mails are counted by what became of them', async t => {
  const answers: Array<number | undefined> = [undefined, 450, 550]
  const smtp = await startSmtp(t, {
    onRcptTo: (_address, _session, callback) => {
      const code = answers.shift()
      callback(code === undefined ? null : refusal(code))
    }
  })
  const world = await build(t, 'embedded', { ...smtp.settings, METRICS_TOKEN })
  for (let i = 0; i < 3; i++) await world.post('/Auth/Sign', { ...alice, Name: `Person ${i}`, Email: `person${i}@example.com` })
  await smtp.stop()
  await world.post('/Auth/Sign', alice)
  const { value } = await scrape(world)
  const outcomes = ['sent', 'deferred', 'refused', 'connection', 'authentication', 'timeout', 'busy', 'other']
  t.strictSame(outcomes.map(outcome => value('dream_auth_mails_total', { outcome })), [1, 1, 1, 1, 0, 0, 0, 0])
  t.equal(value('dream_auth_mail_duration_seconds_count'), 4)
})

t.test('D4: a mail server that does not take our password is told from one that does not take the mail', async t => {
  const smtp = await startSmtp(t)
  const world = await build(t, 'embedded', { ...smtp.settings, EMAIL_PASSWORD: 'not the one', METRICS_TOKEN })
  await world.post('/Auth/Sign', alice)
  t.equal((await scrape(world)).value('dream_auth_mails_total', { outcome: 'authentication' }), 1)
})

t.test('what is answered before Fastify is counted as its route is', async t => {
  // What is kept in memory counts for a moment.
  const world = await build(t, 'embedded', { METRICS_TOKEN }, { clock: () => 0 })
  await world.register(alice)
  const headers = { authorization: `Bearer ${await world.login(alice)}` }
  const url = await world.app.listen({ port: 0, host: '127.0.0.1' })
  for (let i = 0; i < 5; i++) t.equal((await fetch(`${url}/CheckJWTToken`, { headers })).status, 200)
  const counted = async (): Promise<number | undefined> => (await scrape(world)).value(REQUESTS, { route: '/CheckJWTToken', method: 'GET', status: '200', code: '200' })
  t.equal(await counted(), 5)
  t.equal(await counted(), 5, 'and once only')
  t.equal((await scrape(world)).value('dream_auth_token_checks_total', { answered_from: 'memory' }), 4)
})
