import t, { type Test } from 'tap'
import { bearer, build, digest, modes, type Answer } from '../helper.ts'
import { ask, askForMails, CAPTCHA, challengeOf, failOften, FREE_TRIES, guests, login, solutionTo, solved, withSolution, type Guest } from '../support/captcha.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const right = { Email: alice.Email, Password: alice.Password }
const wrong = { Email: alice.Email, Password: digest('wrong') }
const MINUTE = 60_000

const count = (answers: Answer[], code: number): number => answers.filter(({ body }) => body.Code === code).length

for (const mode of modes) {
  t.test(`${mode}: proof of work: who has to show it`, async t => {
    const service = await build(t, mode, CAPTCHA)
    const rest = await guests(service, 6)
    const promise = (title: string, check: (t: Test, guest: Guest) => Promise<void>) => t.test(title, async t => {
      const guest = rest.pop()
      if (guest === undefined) throw new Error('too few guests')
      await check(t, guest)
    })

    await promise('L1, L5: after five failures a network has to show work, whatever the account; known and unknown are asked alike, and no other network is', async (t, { world, right, wrong }) => {
      t.equal((await login(world, right)).body.Code, 200, 'the network is familiar to the account')
      for (let i = 0; i < FREE_TRIES; i++) t.equal((await login(world, wrong)).body.Code, 501)
      const [known, unknown] = [await login(world, right), await login(world, { ...right, Email: 'nobody@example.com' })]
      t.match(known, { status: 428, body: { Code: 428, Msg: '需要完成人机验证' } })
      t.strictSame(Object.keys(known.body), ['Code', 'Msg', 'Challenge'])
      for (const answer of [known, unknown]) {
        const { parameters, signature } = challengeOf(answer)
        t.match(parameters, { algorithm: 'PBKDF2/SHA-256', cost: 1000, keyLength: 32, keyPrefix: /^[0-9a-f]{32}$/, keySignature: /^[0-9a-f]{64}$/, nonce: /^[0-9a-f]{32}$/, salt: /^[0-9a-f]{32}$/ })
        t.match(signature, /^[0-9a-f]{64}$/)
        t.ok(Math.abs(parameters.expiresAt * 1000 - Date.now() - 5 * MINUTE) < MINUTE)
      }
      t.strictSame([unknown.status, Object.keys(unknown.body), unknown.text.length, unknown.body.Msg], [known.status, Object.keys(known.body), known.text.length, known.body.Msg])
      t.not(challengeOf(known).parameters.nonce, challengeOf(unknown).parameters.nonce)
      t.match(await world.post('/Auth/Login', wrong, { headers: { 'accept-language': 'en' } }), { body: { Msg: 'Proof of work required' } })
      t.equal((await world.post('/Auth/Login', right, { from: '192.0.2.1' })).body.Code, 200)
      await world.pass(60 * MINUTE)
      t.equal((await login(world, wrong)).body.Code, 501, 'an hour later it starts anew')
    })

    await promise('who does not fail is never asked, however often somebody logs in', async (t, { world, right }) => {
      for (let i = 0; i < 30; i++) t.equal((await login(world, right)).body.Code, 200)
    })

    await promise('L2: of two hundred wrong passwords at once from one network, five are tried for nothing', async (t, { world, wrong }) => {
      const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => login(world, { ...wrong, Email: `person${i}@example.com` })))
      t.strictSame([count(answers, 501), count(answers, 428)], [FREE_TRIES, 195])
    })

    await promise('what was refused for want of work is not counted as a try: the limits are as they were', async (t, { world, right, wrong, from }) => {
      await failOften(world, from)
      const answers = await Promise.all(Array.from({ length: 150 }, () => login(world, wrong)))
      t.equal(count(answers, 428), 150)
      t.equal((await solved(world, '/Auth/Login', right)).body.Code, 200)
    })

    await promise('L1: and work lifts no limit: the eleventh wrong password of an account has to wait like anybody\'s, and its work is spent', async (t, { world, right, wrong, from }) => {
      await failOften(world, from)
      for (let i = 0; i < 10; i++) t.equal((await solved(world, '/Auth/Login', wrong)).body.Code, 501)
      const solution = await solutionTo(await login(world, right))
      const refused = await login(world, right, solution)
      t.match(refused, { status: 429, body: { Code: 429 } })
      t.ok(Number(refused.body.RetryAfter) > 0)
      t.equal((await login(world, right, solution)).body.Code, 428, 'or one would buy as many requests as it takes to be let in')
    })

    await promise('G1: the audit trail is told once that a network has to show work', async (t, { world, wrong, from }) => {
      await failOften(world, from)
      for (let i = 0; i < 5; i++) await login(world, wrong)
      await world.app.events.flush()
      const told = (await world.rows('SELECT Type, Reason, Network FROM Events')).filter(({ Reason, Network }) => Reason === 'captcha' && Network === from)
      t.match(told, [{ Type: 'throttle' }])
      t.equal(told.length, 1)
    })
  })

  t.test(`${mode}: with CAPTCHA off nobody is asked for work, and the header is not looked at`, async t => {
    const world = await build(t, mode)
    for (let i = 0; i < 9; i++) t.equal((await login(world, wrong, 'not base64 at all')).body.Code, 501)
    t.equal((await login(world, wrong, 'x'.repeat(9_000))).body.Code, 501)
  })

  t.test(`${mode}: the form of a request is judged first, and takes no solution`, async t => {
    const world = await build(t, mode, { ...CAPTCHA, PASSWORD_DENYLIST: 'on' })
    await world.register(alice)
    await failOften(world)
    const solution = await solutionTo(await login(world, right))
    t.equal((await login(world, { ...right, Surprise: 1 }, solution)).body.Code, 400)
    t.equal((await ask(world, '/Auth/Verify', { ...alice, Password: digest('password'), VerifyCode: '123456' }, solution)).body.Code, 400, 'a common password')
    t.equal((await login(world, right, solution)).body.Code, 200)
  })

  t.test(`${mode}: mails have a count of their own: the eleventh within an hour takes work, for known and unknown addresses alike`, async t => {
    const world = await build(t, mode, { ...CAPTCHA, HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    await askForMails(world)
    for (const Email of [alice.Email, 'nobody@example.com']) t.equal((await ask(world, '/Auth/ResetPassword', { Email })).body.Code, 428)
    t.equal((await ask(world, '/Auth/Sign', { ...alice, Email: 'new@example.com' })).body.Code, 428)
    t.equal((await login(world, right)).body.Code, 200, 'a login does not')
    const before = (await world.mails()).length
    t.equal((await solved(world, '/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
    t.equal((await world.mails()).length, before + 1)
  })

  t.test(`${mode}: L7: a new address takes the password and a mail, and one solution for both`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    const token = await world.login(alice)
    await failOften(world)
    await askForMails(world)
    const change = (headers: object): Promise<Answer> => world.post('/Auth/ChangeEmail', { Email: 'new@example.com', Password: alice.Password }, { headers: { ...bearer(token).headers, ...headers } })
    t.equal((await change(withSolution(await solutionTo(await change({}))))).body.Code, 200)
  })
}

if (modes.includes('server')) {
  t.test('server: D3: without Redis nobody is let in for nothing: 512', async t => {
    const world = await build(t, 'server', { ...CAPTCHA, REDIS_PORT: '1' })
    for (const [url, body] of [['/Auth/Login', right], ['/Auth/Sign', alice], ['/Auth/Verify', { ...alice, VerifyCode: '123456' }]] as const) {
      t.match(await ask(world, url, body), { status: 503, body: { Code: 512 } })
    }
  })
}
