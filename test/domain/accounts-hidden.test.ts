import t from 'tap'
import { build, digest, modes, type Answer } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const nobody = { Name: 'Nobody', Email: 'nobody@example.com', Password: alice.Password }
const hidden = { HIDE_ACCOUNTS: 'true' }

/** All that a client sees of an answer. */
function seen ({ status, headers, text }: Answer): object {
  const { date, 'x-request-id': id, ...rest } = headers
  return { status, headers: rest, text }
}

for (const mode of modes) {
  t.test(`${mode}: R4, E3: Sign and ResetPassword answer and mail alike whether or not there is an account`, async t => {
    const world = await build(t, mode, hidden)
    await world.register(alice)
    const before = (await world.mails()).length
    for (const route of ['/Auth/Sign', '/Auth/ResetPassword']) {
      const ask = (person: typeof alice): Promise<Answer> => world.post(route, route === '/Auth/Sign' ? person : { Email: person.Email })
      const [known, unknown] = [await ask(alice), await ask(nobody)]
      t.equal(known.body.Code, 200)
      t.strictSame(seen(known), seen(unknown), route)
      const [knownAgain, unknownAgain] = [await ask(alice), await ask(nobody)]
      t.equal(knownAgain.status, 429, 'the cooldown is alike too')
      t.strictSame(Object.keys(knownAgain.body), Object.keys(unknownAgain.body))
    }
    const mails = (await world.mails()).slice(before)
    t.strictSame(mails.map(({ to }) => to), [alice.Email, nobody.Email, alice.Email, nobody.Email])
    const blank = (text: string): string => text.replaceAll(/\d{6}/g, '······')
    for (const [known, unknown] of [mails.slice(0, 2), mails.slice(2)]) t.equal(blank(known?.text ?? ''), blank(unknown?.text ?? 'none'), 'the mails are alike')
    t.strictSame((await world.post('/Auth/Sign', { ...nobody, Email: 'other@example.com', Name: alice.Name })).body.Code, 200, 'nor does a taken name show')
  })

  t.test(`${mode}: R4: only a valid code tells, with 502 or 503, and is not spent by it`, async t => {
    const world = await build(t, mode, hidden)
    await world.register(alice)
    const before = await world.rows('SELECT * FROM Users')
    for (const person of [alice, nobody]) {
      await world.post('/Auth/Sign', person)
      await world.post('/Auth/ResetPassword', { Email: person.Email })
    }
    const codes = (await world.mails()).slice(-4).map(({ text }) => /\b\d{6}\b/.exec(text)?.[0] ?? '')
    const [aliceSign, , nobodySign, nobodyReset] = codes
    const renewed = { Email: nobody.Email, Password: digest('a new password'), VerifyCode: nobodyReset }
    for (let i = 0; i < 2; i++) {
      t.match((await world.post('/Auth/Verify', { ...alice, Name: 'Alice the Second', VerifyCode: aliceSign })).body, { Code: 502, Field: 'Email' })
      t.match((await world.post('/Auth/Verify', { ...nobody, Name: 'ALICE', VerifyCode: nobodySign })).body, { Code: 502, Field: 'Name' })
      t.equal((await world.post('/Auth/UpdatePassword', renewed)).body.Code, 503)
    }
    t.strictSame(await world.rows('SELECT * FROM Users'), before)
    t.equal((await world.post('/Auth/Verify', { ...nobody, VerifyCode: nobodySign })).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', renewed)).body.Code, 200, 'now that there is an account, its mailbox may set its password')
  })

  t.test(`${mode}: E1: an unknown account and a wrong password are answered byte for byte alike`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    const wrong = { Email: alice.Email, Password: digest('wrong') }
    const unknown = { Email: nobody.Email, Password: digest('wrong') }
    t.strictSame(seen(await world.post('/Auth/Login', wrong)), seen(await world.post('/Auth/Login', unknown)))
    t.equal((await world.post('/Auth/Login', wrong)).text, '{"Code":501,"Msg":"登录失败"}')
  })
}
