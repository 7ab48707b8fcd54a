import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const bob = { Name: 'Bob', Email: 'bob@example.com', Password: digest('a password of his own') }

/** A body with each of its mistakes in turn: every one makes a request that would be good a bad one. */
function spoilt (body: Record<string, string>): string[] {
  const good = JSON.stringify(body)
  return [
    JSON.stringify({ ...body, Role: 'super_admin' }),
    ...Object.keys(body).map(field => JSON.stringify({ ...body, [field]: [body[field]] })),
    good.replace('}', ',"__proto__":{}}'),
    good.replace('}', `,"Email":"${body.Email}"}`),
    good.replace('@', '\\u0000@'),
    good.replace('@', '\\ud800@'),
    `[${good}]`,
    good.slice(0, -1)
  ]
}

for (const mode of modes) {
  t.test(`${mode}: I1: a bad request changes nothing: no row, no mail, no cooldown, no code spent, no counter moved`, async t => {
    const world = await build(t, mode)
    await world.register(alice)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    await world.post('/Auth/Sign', bob)
    const resetCode = await world.codeFor(alice.Email)
    const signCode = await world.codeFor(bob.Email)
    const before = { rows: await world.rows('SELECT * FROM Users'), mails: (await world.mails()).length }

    const carol = { Name: 'Carol', Email: 'carol@example.com', Password: alice.Password }
    const update = { Email: alice.Email, Password: digest('a new password'), VerifyCode: resetCode }
    for (const [route, body] of [
      ['/Auth/Sign', carol],
      ['/Auth/Verify', { ...bob, VerifyCode: signCode }],
      ['/Auth/Login', { Email: alice.Email, Password: alice.Password }],
      ['/Auth/ResetPassword', { Email: bob.Email, Password: '' }],
      ['/Auth/UpdatePassword', update]
    ] as const) {
      for (const mistake of spoilt(body)) t.equal((await world.post(route, mistake)).status, 400, `${route} ${mistake}`)
    }
    for (let n = 0; n < 20; n++) await world.post('/Auth/Login', { Email: alice.Email, Password: digest('wrong'), Extra: '' })
    for (let n = 0; n < 110; n++) await world.post('/Auth/UpdatePassword', { ...update, VerifyCode: '12345' })

    t.strictSame({ rows: await world.rows('SELECT * FROM Users'), mails: (await world.mails()).length }, before)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 200, 'no failed login was counted')
    t.equal((await world.post('/Auth/Sign', carol)).body.Code, 200, 'nobody waits for a mail that was never sent')
    t.equal((await world.post('/Auth/Verify', { ...bob, VerifyCode: signCode })).body.Code, 200, 'the registration code is unspent')
    t.equal((await world.post('/Auth/UpdatePassword', update)).body.Code, 200, 'the reset code is unspent')
  })
}
