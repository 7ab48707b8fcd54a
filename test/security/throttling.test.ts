import t from 'tap'
import { bearer, build, digest, modes, type Answer, type World } from '../helper.ts'
import { operationsOf } from '../support/document.ts'
import { populate } from '../support/people.ts'

const wrong = digest('wrong')
/** What the people of `populate` have. */
const RIGHT = digest('correct horse battery staple')
const PROXY = '10.9.9.9'
/** More failures than any counter admits. */
const MANY = 250

/** How often this can be asked before it is refused. */
async function triesOf (ask: (i: number) => Promise<Answer>): Promise<number> {
  for (let i = 0; i < MANY; i++) {
    const { status, headers, body } = await ask(i)
    if (status !== 429) continue
    if (body.Code !== 429 || String(body.RetryAfter) !== headers['retry-after']) throw new Error(`an odd refusal: ${JSON.stringify(body)}`)
    return i
  }
  return Infinity
}

type Guess = (world: World, i: number, token: string) => Promise<Answer>

const guessVerify: Guess = ({ post }, i) => post('/Auth/Verify', { Name: `new ${i}`, Email: `new${i}@example.com`, Password: wrong, VerifyCode: '123456' })

/** Every route that tests a password or a code, with a guess at it, for one of twenty accounts or for ever another address. */
const guesses: Record<string, Guess> = {
  '/Auth/Login': ({ post }, i) => post('/Auth/Login', { Email: `person${i % 20}@example.com`, Password: wrong }),
  '/Auth/Verify': guessVerify,
  '/Auth/UpdatePassword': ({ post }, i) => post('/Auth/UpdatePassword', { Email: `person${i % 20}@example.com`, Password: wrong, VerifyCode: '123456' }),
  '/Auth/ChangePassword': ({ post }, _i, token) => post('/Auth/ChangePassword', { OldPassword: wrong, NewPassword: wrong }, bearer(token)),
  '/Auth/ChangeEmail': ({ post }, i, token) => post('/Auth/ChangeEmail', { Email: `new${i}@example.com`, Password: wrong }, bearer(token)),
  '/Auth/ConfirmEmail': ({ post }, i, token) => post('/Auth/ConfirmEmail', { Email: `new${i}@example.com`, VerifyCode: '123456' }, bearer(token)),
  '/Auth/Account': ({ remove }, _i, token) => remove('/Auth/Account', { Password: wrong }, bearer(token))
}

/** Routes that look at no more than the form of a password, or ignore it. */
const untested = ['/Auth/Sign', '/Auth/ResetPassword']

for (const mode of modes) {
  t.test(`${mode}: L7: every documented route that takes a password or a code refuses a network after a hundred wrong ones at most`, async t => {
    const world = await build(t, mode)
    const secretive = [...operationsOf(world.app.swagger())].flatMap(([at, { requestBody }]) => {
      const fields = Object.keys(Object(requestBody?.content['application/json'].schema.properties))
      return fields.some(field => /Password|Code/.test(field)) ? at.split(' ').slice(1) : []
    })
    t.strictSame(secretive.filter(path => !untested.includes(path)).sort(), Object.keys(guesses).sort(), 'every one of them is tried here')
    for (const [path, ask] of Object.entries(guesses)) {
      const fresh = await build(t, mode)
      await populate(fresh, 20)
      const token = await fresh.login({ Email: 'person0@example.com', Password: RIGHT })
      const tries = await triesOf(i => ask(fresh, i, token))
      t.ok(tries > 0 && tries <= 100, `${path}: ${tries} tries`)
    }
  })

  t.test(`${mode}: L2: of 150 wrong codes at once from one network, a hundred are looked at and no more`, async t => {
    const world = await build(t, mode)
    const answers = await Promise.all(Array.from({ length: 150 }, (_, i) => guessVerify(world, i, '')))
    t.strictSame([521, 429].map(code => answers.filter(({ body }) => body.Code === code).length), [100, 50])
  })

  t.test(`${mode}: L6: behind a configured proxy the client it names counts, and nothing that the client has put before`, async t => {
    const world = await build(t, mode, { TRUST_PROXY: '10.9.0.0/16' })
    const [person] = await populate(world, 1)
    const login = (Password: string, forwarded: string, from = PROXY): Promise<Answer> => world.post('/Auth/Login', { Email: person?.Email, Password }, { from, headers: { 'x-forwarded-for': forwarded } })
    const right = person?.Password ?? ''
    // The owner has been here before, so that what the others do is no reason to refuse them.
    for (const home of ['192.0.2.7', '2001:db8:5:5::1']) t.equal((await login(right, home)).body.Code, 200)
    t.equal((await login(right, '192.0.2.66', '203.0.113.80')).body.Code, 200)

    t.ok(await triesOf(i => login(wrong, `203.0.113.${i}, 192.0.2.66`)) <= 10, 'what is made up does not count')
    t.equal((await login(right, '192.0.2.66')).body.Code, 429)
    t.equal((await login(right, '::ffff:192.0.2.66')).body.Code, 429, 'in either notation')
    t.equal((await login(right, '192.0.2.66', '203.0.113.80')).body.Code, 200, 'and says nothing of another network')

    t.ok(await triesOf(i => login(wrong, `192.0.2.7, 192.0.2.${100 + i}`, '203.0.113.9')) <= 10, 'whoever is no configured proxy is the client')
    t.equal((await login(right, '192.0.2.7', '203.0.113.9')).body.Code, 429)
    t.equal((await login(right, '192.0.2.7')).body.Code, 200, 'and could not spoil the name of another')

    t.ok(await triesOf(i => login(wrong, `2001:db8:6:6:${i}::1`)) <= 10, 'one /64')
    t.equal((await login(right, '2001:db8:5:5::9')).body.Code, 200, 'and no other')
  })

  t.test(`${mode}: L5: step by step, known and unknown accounts are refused after as many failures and for as long`, async t => {
    const world = await build(t, mode)
    const [person] = await populate(world, 1)
    const tell = async (Email: string | undefined, from: string): Promise<{ seen: unknown[], waits: number[] }> => {
      const answers = []
      for (let i = 0; i < 15; i++) answers.push(await world.post('/Auth/Login', { Email, Password: wrong }, { from }))
      return {
        seen: answers.map(({ status, headers, body: { RetryAfter, ...rest } }) => [status, Object.keys(headers).sort(), rest, typeof RetryAfter]),
        waits: answers.map(({ body }) => Number(body.RetryAfter ?? 0))
      }
    }
    const [known, unknown] = [await tell(person?.Email, '192.0.2.1'), await tell('nobody@example.com', '192.0.2.2')]
    t.strictSame(unknown.seen, known.seen)
    t.ok(known.waits.some(wait => wait > 0), 'they are refused at some time')
    // The seconds that went by meanwhile.
    t.ok(known.waits.every((wait, i) => Math.abs(wait - (unknown.waits[i] ?? 0)) <= 10), `${known.waits.join()} and ${unknown.waits.join()} seconds`)
  })

  t.test(`${mode}: L1, L4: a botnet gets a hundred guesses at an account in all; its owner comes in from home throughout, and from elsewhere by a reset`, async t => {
    const world = await build(t, mode)
    await populate(world, 1)
    const [Email, right] = ['person0@example.com', RIGHT]
    t.equal((await world.post('/Auth/Login', { Email, Password: right }, { from: '192.0.2.7' })).body.Code, 200)
    let looked = 0
    for (let round = 0; round < 8; round++) {
      for (let i = 0; i < 40; i++) {
        const { body } = await world.post('/Auth/Login', { Email, Password: wrong }, { from: `10.${round}.${i}.1` })
        if (body.Code === 501) looked++
      }
      await world.pass(15 * 60_000)
    }
    t.equal(looked, 100)
    const abroad = { from: '198.51.100.9' }
    t.equal((await world.post('/Auth/Login', { Email, Password: right }, abroad)).body.Code, 429)
    t.equal((await world.post('/Auth/ResetPassword', { Email }, abroad)).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', { Email, Password: digest('a better password'), VerifyCode: await world.codeFor(Email) }, abroad)).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email, Password: digest('a better password') }, abroad)).body.Code, 200)
    t.equal((await world.post('/Auth/Login', { Email, Password: digest('a better password') }, { from: '203.0.113.1' })).body.Code, 200, 'and it is open to all again')
  })

  t.test(`${mode}: L4: during the storm the owner comes in from a network that has logged in before`, async t => {
    const world = await build(t, mode)
    await populate(world, 1)
    const credentials = { Email: 'person0@example.com', Password: RIGHT }
    const home = { from: '192.0.2.7' }
    await world.post('/Auth/Login', credentials, home)
    const storm = Array.from({ length: 40 }, (_, i) => world.post('/Auth/Login', { ...credentials, Password: wrong }, { from: `10.0.${i}.1` }))
    t.equal((await world.post('/Auth/Login', credentials, home)).body.Code, 200)
    t.same([...new Set((await Promise.all(storm)).map(({ body }) => body.Code))].sort(), [429, 501])
    t.equal((await world.post('/Auth/Login', credentials, home)).body.Code, 200)
  })

  t.test(`${mode}: K5, L4: strangers can have ten codes a day sent to an address, whatever their networks; its owner has ten from home`, async t => {
    const world = await build(t, mode)
    await populate(world, 1)
    const Email = 'person0@example.com'
    await world.post('/Auth/Login', { Email, Password: RIGHT }, { from: '192.0.2.7' })
    let mailed = 0
    for (let i = 0; i < 30; i++) {
      const { body } = await world.post('/Auth/ResetPassword', { Email }, { from: `10.0.${i}.1` })
      if (body.Code === 200) mailed++
      else t.ok(Number(body.RetryAfter) > 12 * 3600, 'until tomorrow')
      await world.pass(60_000)
    }
    t.equal(mailed, 10)
    t.equal((await world.post('/Auth/ResetPassword', { Email }, { from: '192.0.2.7' })).body.Code, 200)
    t.equal((await world.mails()).length, 1 + 10 + 1, 'with the one of the sign-up')
    t.equal((await world.post('/Auth/Sign', { Name: 'New', Email: 'new@example.com', Password: digest('a better password') }, { from: '10.0.1.1' })).body.Code, 200, 'other addresses are not concerned')
    await world.pass(24 * 3600_000)
    t.equal((await world.post('/Auth/ResetPassword', { Email }, { from: '10.0.0.1' })).body.Code, 200)
  })
}
