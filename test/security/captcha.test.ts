import t from 'tap'
import { bearer, build, deployment, digest, modes, type Answer, type World } from '../helper.ts'
import { askForMails, CAPTCHA, challengeOf, failOften, FREE_TRIES, solutionTo, withSolution } from '../support/captcha.ts'
import { populate } from '../support/people.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const right = { Email: alice.Email, Password: alice.Password }
const wrong = { Email: alice.Email, Password: digest('wrong') }
const MINUTE = 60_000
const HOME = '10.0.0.1'
const ELSEWHERE = '10.0.0.2'

/** Asks from home, with a solution where there is one. */
const ask = ({ post }: World, url: string, body: unknown, solution?: string): Promise<Answer> =>
  post(url, body, { from: HOME, ...(solution !== undefined && { headers: withSolution(solution) }) })
const login = (world: World, body: unknown, solution?: string): Promise<Answer> => ask(world, '/Auth/Login', body, solution)
/** Asks without a solution, and then with it. */
const solved = async (world: World, url: string, body: unknown): Promise<Answer> => ask(world, url, body, await solutionTo(await ask(world, url, body)))
const count = (answers: Answer[], code: number): number => answers.filter(({ body }) => body.Code === code).length
const codesOf = (answers: Answer[]): number[] => [...new Set(answers.map(({ body }) => body.Code))].sort()

for (const mode of modes) {
  t.test(`${mode}: with CAPTCHA off nobody is asked for work, and the header is not looked at`, async t => {
    const world = await build(t, mode)
    for (let i = 0; i < 9; i++) t.equal((await login(world, wrong, 'not base64 at all')).body.Code, 501)
    t.equal((await login(world, wrong, 'x'.repeat(9_000))).body.Code, 501)
  })

  t.test(`${mode}: L1, L5: after five failures a network has to show work, whatever the account; known and unknown are asked alike, and no other network is`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice, { from: HOME })
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
    t.match(await world.post('/Auth/Login', wrong, { from: HOME, headers: { 'accept-language': 'en' } }), { body: { Msg: 'Proof of work required' } })
    t.equal((await world.post('/Auth/Login', right, { from: ELSEWHERE })).body.Code, 200)
    await world.pass(60 * MINUTE)
    t.equal((await login(world, wrong)).body.Code, 501, 'an hour later it starts anew')
  })

  t.test(`${mode}: whoever shows work is let in with the right password and not with a wrong one, and only once`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    await failOften(world, HOME)
    const solution = await solutionTo(await login(world, right))
    t.match(await login(world, right, solution), { status: 200, body: { Code: 200, Token: String } })
    const again = await login(world, right, solution)
    t.equal(again.body.Code, 428, 'it is used up')
    t.equal((await login(world, wrong, await solutionTo(again))).body.Code, 501, 'the refusal brought another')
    t.equal((await login(world, wrong)).body.Code, 428, 'work shown opens nothing for the next')
  })

  t.test(`${mode}: L2: of fifty requests at once with one solution, one passes`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    await failOften(world, HOME)
    const solution = await solutionTo(await login(world, right))
    const answers = await Promise.all(Array.from({ length: 50 }, () => login(world, right, solution)))
    t.strictSame([count(answers, 200), count(answers, 428)], [1, 49])
  })

  t.test(`${mode}: L2: of two hundred wrong passwords at once from one network, five are tried for nothing`, async t => {
    const world = await build(t, mode, CAPTCHA)
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => login(world, { ...wrong, Email: `person${i}@example.com` })))
    t.strictSame([count(answers, 501), count(answers, 428)], [FREE_TRIES, 195])
  })

  t.test(`${mode}: who does not fail is never asked, however often somebody logs in`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    for (let i = 0; i < 30; i++) t.equal((await login(world, right)).body.Code, 200)
  })

  t.test(`${mode}: what was refused for want of work is not counted as a try: the limits are as they were`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    await failOften(world, HOME)
    const answers = await Promise.all(Array.from({ length: 150 }, () => login(world, wrong)))
    t.strictSame(codesOf(answers), [428])
    t.equal((await solved(world, '/Auth/Login', right)).body.Code, 200)
  })

  t.test(`${mode}: L1: and work lifts no limit: the eleventh wrong password of an account has to wait like anybody's`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    await failOften(world, HOME)
    for (let i = 0; i < 10; i++) t.equal((await solved(world, '/Auth/Login', wrong)).body.Code, 501)
    const refused = await solved(world, '/Auth/Login', right)
    t.match(refused, { status: 429, body: { Code: 429 } })
    t.ok(Number(refused.body.RetryAfter) > 0)
  })

  t.test(`${mode}: the form of a request is judged first, and takes no solution`, async t => {
    const world = await build(t, mode, { ...CAPTCHA, PASSWORD_DENYLIST: 'on' })
    await world.register(alice)
    await failOften(world, HOME)
    const solution = await solutionTo(await login(world, right))
    t.equal((await login(world, { ...right, Surprise: 1 }, solution)).body.Code, 400)
    t.equal((await ask(world, '/Auth/Verify', { ...alice, Password: digest('password'), VerifyCode: '123456' }, solution)).body.Code, 400, 'a common password')
    t.equal((await login(world, right, solution)).body.Code, 200)
  })

  t.test(`${mode}: a challenge that was changed, made up or damaged is none; the answer is another one and never an error`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await world.register(alice)
    await failOften(world, HOME)
    const good = JSON.parse(atob(await solutionTo(await login(world, right))))
    const { challenge: { parameters, signature }, solution } = good
    const changed = (parts: object): object => ({ ...good, challenge: { parameters: { ...parameters, ...parts }, signature } })
    const deep = '{"a":'.repeat(300) + '1' + '}'.repeat(300)
    const encoded: Record<string, unknown> = {
      'less work': changed({ cost: 1 }),
      'any key': changed({ keyPrefix: '' }),
      'a later end': changed({ expiresAt: parameters.expiresAt + 3600 }),
      'no end': changed({ expiresAt: undefined }),
      'another algorithm': changed({ algorithm: 'SHA-256' }),
      'another nonce': changed({ nonce: '0'.repeat(32) }),
      'one more parameter': changed({ data: 'x' }),
      'a nested parameter': changed({ data: JSON.parse(deep) }),
      'its own signature': { ...good, challenge: { parameters, signature: '0'.repeat(64) } },
      'no signature': { ...good, challenge: { parameters } },
      'another key': { ...good, solution: { ...solution, derivedKey: '0'.repeat(64) } },
      'the prefix for the key': { ...good, solution: { ...solution, derivedKey: parameters.keyPrefix } },
      'no key': { ...good, solution: { ...solution, derivedKey: '' } },
      'half a byte': { ...good, solution: { ...solution, derivedKey: 'abc' } },
      'a key that is none': { ...good, solution: { ...solution, derivedKey: 7 } },
      'a huge number': { ...good, solution: { ...solution, counter: 1e308 } },
      'no number': { ...good, solution: { ...solution, counter: null } },
      'no solution': { ...good, solution: null },
      'no parameters': { ...good, challenge: { parameters: [], signature } },
      'an array': [good],
      null: null,
      nothing: {}
    }
    const texts: Record<string, string> = {
      ...Object.fromEntries(Object.entries(encoded).map(([name, value]) => [name, btoa(JSON.stringify(value))])),
      empty: '',
      'not base64': '%%%',
      'not JSON': btoa('{"challenge":'),
      'deep JSON': btoa(deep),
      'a prototype': btoa(JSON.stringify(good).replace('"parameters":{', '"parameters":{"__proto__":{"verified":true},')),
      'a key twice': btoa(JSON.stringify(good).replace('"cost":1000', '"cost":1000,"cost":1')),
      'not UTF-8': Buffer.from([0xff, 0xfe, 0x80]).toString('base64'),
      'too long': btoa(JSON.stringify({ ...good, more: 'x'.repeat(2_000) })),
      'much too long': 'A'.repeat(12_000)
    }
    const nonces = new Set<string>()
    for (const [name, text] of Object.entries(texts)) {
      const answer = await login(world, right, text)
      t.equal(answer.body.Code, 428, name)
      nonces.add(challengeOf(answer).parameters.nonce)
    }
    t.equal(nonces.size, Object.keys(texts).length, 'each brought a new challenge')
    t.notMatch(world.log(), new RegExp(`${parameters.keyPrefix}|"level":[56]0`), 'and nothing of it is logged')
    t.equal((await login(world, right, btoa(JSON.stringify(good)))).body.Code, 200, 'and none of them has used the good one up')
  })

  t.test(`${mode}: D6: a solution lives for five minutes, and one that was used stays so when the clock is set back`, async t => {
    let shift = 0
    const world = await build(t, mode, CAPTCHA, { wallClock: () => Date.now() + shift })
    await world.register(alice)
    await failOften(world, HOME)
    const solutions = await Promise.all([1, 2].map(async () => solutionTo(await login(world, right))))
    shift = 5 * MINUTE + 1_000
    t.equal((await login(world, right, solutions[0])).body.Code, 428)
    shift = 4 * MINUTE
    t.equal((await login(world, right, solutions[1])).body.Code, 200)
    // So long ago that it is over, were it not that the clock went back.
    await world.pass(50 * MINUTE)
    shift = 0
    t.equal((await login(world, right, solutions[1])).body.Code, 428)
  })

  t.test(`${mode}: mails have a count of their own: the eleventh within an hour takes work, for known and unknown addresses alike`, async t => {
    const world = await build(t, mode, { ...CAPTCHA, HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    await askForMails(world, HOME)
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
    await failOften(world, HOME)
    await askForMails(world, HOME)
    const change = (headers: object): Promise<Answer> => world.post('/Auth/ChangeEmail', { Email: 'new@example.com', Password: alice.Password }, { from: HOME, headers: { ...bearer(token).headers, ...headers } })
    t.equal((await change(withSolution(await solutionTo(await change({}))))).body.Code, 200)
  })

  t.test(`${mode}: G1: the audit trail is told once that a network has to show work`, async t => {
    const world = await build(t, mode, CAPTCHA)
    await failOften(world, HOME)
    for (let i = 0; i < 5; i++) await login(world, wrong)
    await world.app.events.flush()
    const told = (await world.rows('SELECT Type, Reason FROM Events')).filter(({ Reason }) => Reason === 'captcha')
    t.match(told, [{ Type: 'throttle' }])
    t.equal(told.length, 1)
  })

  t.test(`${mode}: a challenge is good where it was made, and an embedded service that begins anew has none outstanding`, async t => {
    const settings = await deployment(t, mode)
    const first = await build(t, mode, { ...settings, ...CAPTCHA })
    const [person] = await populate(first, 1)
    const body = { Email: person?.Email, Password: person?.Password }
    await failOften(first, HOME)
    const solutions = await Promise.all([1, 2].map(async () => solutionTo(await login(first, body))))
    t.equal((await login(first, body, solutions[0])).body.Code, 200)
    if (mode === 'embedded') await first.app.close()
    const second = await build(t, mode, { ...settings, ...CAPTCHA })
    await failOften(second, HOME)
    t.equal((await login(second, body, solutions[0])).body.Code, 428, 'used elsewhere, or before')
    t.equal((await login(second, body, solutions[1])).body.Code, mode === 'server' ? 200 : 428)
  })
}

if (modes.includes('server')) {
  t.test('server: D3: without Redis nobody is let in for nothing: 512', async t => {
    const world = await build(t, 'server', { ...CAPTCHA, REDIS_PORT: '1' })
    for (const [url, body] of [['/Auth/Login', right], ['/Auth/Sign', alice], ['/Auth/Verify', { ...alice, VerifyCode: '123456' }]] as const) {
      t.match(await ask(world, url, body), { status: 503, body: { Code: 512 } })
    }
  })

  t.test('server: L2: a solution is used once over all processes', async t => {
    const settings = { ...await deployment(t, 'server'), ...CAPTCHA }
    const worlds = await Promise.all([build(t, 'server', settings), build(t, 'server', settings)])
    await worlds[0].register(alice)
    await failOften(worlds[1], HOME)
    const solution = await solutionTo(await login(worlds[0], right))
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => login(worlds[i % 2 === 0 ? 0 : 1], right, solution)))
    t.strictSame([count(answers, 200), count(answers, 428)], [1, 49])
    const keys = await worlds[0].redis.keys('dream:captcha:*')
    t.equal(keys.length, 1)
    const left = await worlds[0].redis.ttl(keys[0] ?? '')
    t.ok(left > 3_600 && left <= 3_900, `ends in ${left} s`)
  })
}
