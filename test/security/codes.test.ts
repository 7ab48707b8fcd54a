import t from 'tap'
import { loadConfig } from '../../src/config.ts'
import { build, deployment, digest, modes } from '../helper.ts'
import { networkNumber } from '../support/people.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: alice.Password }
const other = (code: string): string => code === '000000' ? '000001' : '000000'

for (const mode of modes) {
  t.test(`${mode}: K1: codes as they are mailed are six digits, hardly ever twice the same, and owe nothing to Math.random`, async t => {
    const world = await build(t, mode)
    t.intercept(Math, 'random', { value: () => 0 })
    const codes: string[] = []
    for (let i = 0; i < 200; i++) {
      const Email = `person${i}@example.com`
      await world.post('/Auth/Sign', { ...alice, Name: `person ${i}`, Email }, { from: networkNumber(i) })
      codes.push(await world.codeFor(Email))
    }
    t.same(codes.filter(code => !/^\d{6}$/.test(code)), [])
    // Two hundred fair draws from a million have three pairs or more once in ten million runs.
    t.ok(new Set(codes).size >= 198, `${new Set(codes).size} different codes`)
    const steps = new Set(codes.slice(1).map((code, i) => (Number(code) - Number(codes[i]) + 1_000_000) % 1_000_000))
    t.ok(steps.size >= 198, 'nor does one lead to the next')
    for (let digit = 0; digit < 10; digit++) {
      // Of 1,200 digits some 120 are each of the ten; fair ones leave this range once in ten million runs.
      const count = codes.join('').split(String(digit)).length - 1
      t.ok(count > 60 && count < 185, `${count} of 1,200 digits are ${digit}`)
    }
  })

  t.test(`${mode}: K2: no setting makes a code live longer than ten minutes`, async t => {
    const settings = await deployment(t, mode)
    t.throws(() => loadConfig({ ...settings, VERIFY_CODE_TTL: '601' }), /VERIFY_CODE_TTL/)
    t.equal(loadConfig({ ...settings, VERIFY_CODE_TTL: '600' }).VERIFY_CODE_TTL, 600)
    const world = await build(t, mode, { VERIFY_CODE_TTL: '600' })
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    await world.pass(590_000)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: other(VerifyCode) })).body.Code, 520, 'still there')
    await world.pass(10_000)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 521)
    t.strictSame(await world.rows('SELECT * FROM Users'), [])
  })

  t.test(`${mode}: K4: wrong tries count although nothing else is wrong with them, and a right code does not make up for them`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.post('/Auth/Sign', bob)
    const VerifyCode = await world.codeFor(bob.Email)
    const verify = async (code: string, Name = bob.Name): Promise<number> => (await world.post('/Auth/Verify', { ...bob, Name, VerifyCode: code })).body.Code
    for (let i = 0; i < 4; i++) t.equal(await verify(other(VerifyCode)), 520)
    t.equal(await verify(VerifyCode, alice.Name), 502, 'right, but the name is taken')
    t.equal(await verify(other(VerifyCode)), 520, 'the fifth')
    t.equal(await verify(VerifyCode), 521)
    t.equal((await world.rows('SELECT * FROM Users')).length, 1)
  })

  t.test(`${mode}: K6: a registration code resets no password, and a reset code registers nobody, also for one and the same address`, async t => {
    const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    const before = await world.rows('SELECT * FROM Users')
    await world.post('/Auth/Sign', alice)
    const sign = await world.codeFor(alice.Email)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('new'), VerifyCode: sign })).body.Code, 521, 'before a reset was asked for')
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const reset = await world.codeFor(alice.Email)
    if (sign !== reset) t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('new'), VerifyCode: sign })).body.Code, 520, 'and after')
    await world.post('/Auth/ResetPassword', { Email: bob.Email })
    t.equal((await world.post('/Auth/Verify', { ...bob, VerifyCode: await world.codeFor(bob.Email) })).body.Code, 521)
    t.strictSame(await world.rows('SELECT * FROM Users'), before)
  })

  t.test(`${mode}: K9: codes that were lost with their store are no codes: nothing is changed by them, and new ones can be had`, async t => {
    const first = await build(t, mode)
    await first.register(alice)
    await first.post('/Auth/Sign', bob)
    await first.post('/Auth/ResetPassword', { Email: alice.Email })
    const [sign, reset] = [await first.codeFor(bob.Email), await first.codeFor(alice.Email)]
    const before = await first.rows('SELECT * FROM Users')
    let world = first
    if (mode === 'server') {
      await first.redis.flushdb()
    } else {
      await first.app.close()
      world = await build(t, mode, { DATA_DIR: first.config.DATA_DIR })
    }
    for (let i = 0; i < 2; i++) {
      t.equal((await world.post('/Auth/Verify', { ...bob, VerifyCode: sign })).body.Code, 521)
      t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('new'), VerifyCode: reset })).body.Code, 521)
    }
    t.strictSame(await world.rows('SELECT * FROM Users'), before)
    await world.register(bob)
  })
}

if (modes.includes('server')) {
  t.test('K9: whatever single key or field Redis evicts, no code comes to be right by it', async t => {
    const world = await build(t, 'server')
    const { redis } = world
    /** Every way to lose one thing: each key, and each field of a hash. */
    const losses = async (): Promise<Array<{ key: string, lose: () => Promise<unknown> }>> => {
      const found = []
      // Looks at Redis, and the announcements of revocations, come and go by themselves, and say nothing about codes.
      for (const key of (await redis.keys('*')).filter(key => !/^dream:(health|revocations)/.test(key)).sort()) {
        found.push({ key, lose: () => redis.del(key) })
        if (await redis.type(key) !== 'hash') continue
        for (const field of (await redis.hkeys(key)).sort()) found.push({ key, lose: () => redis.hdel(key, field) })
      }
      return found
    }
    const tried = new Set<string>()
    for (let nth = 0, ways = 1; nth < ways; nth++) {
      await redis.flushdb()
      const person = { ...bob, Name: `Bob ${nth}`, Email: `bob${nth}@example.com` }
      await world.post('/Auth/Sign', person)
      const VerifyCode = await world.codeFor(person.Email)
      const verify = async (code: string): Promise<number> => (await world.post('/Auth/Verify', { ...person, VerifyCode: code })).body.Code
      t.equal(await verify(other(VerifyCode)), 520, 'one try is used')
      const found = await losses()
      ways = Math.max(ways, found.length)
      const { key = '', lose } = found[nth] ?? {}
      await lose?.()
      tried.add(key.split(':')[1] ?? '')
      // Of a code that is not whole nothing is believed; with the code whole, whatever else was lost brings no more tries.
      if (!key.startsWith('dream:code:')) for (let i = 0; i < 4; i++) await verify(other(VerifyCode))
      t.equal(await verify(VerifyCode), 521, `without ${key}`)
    }
    for (const kind of ['code', 'wait', 'throttle']) t.ok(tried.has(kind), `a key of the kind ${kind} was lost`)
    t.strictSame(await world.rows('SELECT * FROM Users'), [])
  })
}
