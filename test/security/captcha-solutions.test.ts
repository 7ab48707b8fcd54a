import t, { type Test } from 'tap'
import { build, deployment, digest, modes, type Answer } from '../helper.ts'
import { CAPTCHA, challengeOf, failOften, guests, login, solutionTo, type Guest } from '../support/captcha.ts'
import { populate } from '../support/people.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const right = { Email: alice.Email, Password: alice.Password }
const MINUTE = 60_000

const count = (answers: Answer[], code: number): number => answers.filter(({ body }) => body.Code === code).length

for (const mode of modes) {
  t.test(`${mode}: proof of work: what is taken for it`, async t => {
    const service = await build(t, mode, CAPTCHA)
    const rest = await guests(service, 3)
    const promise = (title: string, check: (t: Test, guest: Guest) => Promise<void>) => t.test(title, async t => {
      const guest = rest.pop()
      if (guest === undefined) throw new Error('too few guests')
      await check(t, guest)
    })

    await promise('whoever shows work is let in with the right password and not with a wrong one, and only once', async (t, { world, right, wrong, from }) => {
      await failOften(world, from)
      const solution = await solutionTo(await login(world, right))
      t.match(await login(world, right, solution), { status: 200, body: { Code: 200, Token: String } })
      const again = await login(world, right, solution)
      t.equal(again.body.Code, 428, 'it is used up')
      t.equal((await login(world, wrong, await solutionTo(again))).body.Code, 501, 'the refusal brought another')
      t.equal((await login(world, wrong)).body.Code, 428, 'work shown opens nothing for the next')
    })

    await promise('L2: of fifty requests at once with one solution, one passes', async (t, { world, right, from }) => {
      await failOften(world, from)
      const solution = await solutionTo(await login(world, right))
      const answers = await Promise.all(Array.from({ length: 50 }, () => login(world, right, solution)))
      t.strictSame([count(answers, 200), count(answers, 428)], [1, 49])
    })

    await promise('a challenge that was changed, made up or damaged is none; the answer is another one and never an error', async (t, { world, right, from }) => {
      await failOften(world, from)
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
  })

  t.test(`${mode}: D6: a solution lives for five minutes, and one that was used stays so when the clock is set back`, async t => {
    let shift = 0
    const world = await build(t, mode, CAPTCHA, { wallClock: () => Date.now() + shift })
    await world.register(alice)
    await failOften(world)
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

  t.test(`${mode}: a challenge is good where it was made, and an embedded service that begins anew has none outstanding`, async t => {
    const settings = await deployment(t, mode)
    const first = await build(t, mode, { ...settings, ...CAPTCHA })
    const [person] = await populate(first, 1)
    const body = { Email: person?.Email, Password: person?.Password }
    await failOften(first)
    const solutions = await Promise.all([1, 2].map(async () => solutionTo(await login(first, body))))
    t.equal((await login(first, body, solutions[0])).body.Code, 200)
    if (mode === 'embedded') await first.app.close()
    const second = await build(t, mode, { ...settings, ...CAPTCHA })
    await failOften(second)
    t.equal((await login(second, body, solutions[0])).body.Code, 428, 'used elsewhere, or before')
    t.equal((await login(second, body, solutions[1])).body.Code, mode === 'server' ? 200 : 428)
  })
}

if (modes.includes('server')) {
  t.test('server: L2: a solution is used once over all processes', async t => {
    const settings = { ...await deployment(t, 'server'), ...CAPTCHA }
    const worlds = await Promise.all([build(t, 'server', settings), build(t, 'server', settings)])
    await worlds[0].register(alice)
    await failOften(worlds[1])
    const solution = await solutionTo(await login(worlds[0], right))
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => login(worlds[i % 2 === 0 ? 0 : 1], right, solution)))
    t.strictSame([count(answers, 200), count(answers, 428)], [1, 49])
    const keys = await worlds[0].redis.keys('dream:captcha:*')
    t.equal(keys.length, 1)
    const left = await worlds[0].redis.ttl(keys[0] ?? '')
    t.ok(left > 3_600 && left <= 3_900, `ends in ${left} s`)
  })
}
