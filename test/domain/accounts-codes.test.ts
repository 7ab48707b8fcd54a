import { join } from 'node:path'
import Sqlite from 'libsql'
import PostalMime from 'postal-mime'
import t from 'tap'
import { build, digest, modes, type World } from '../helper.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const COOLDOWN_MS = 60_000
const TTL_MS = 300_000

/** Makes every change of an account fail because the database is not there for it, until the returned function is called. */
async function refuseChanges ({ mode, config, rows }: World): Promise<() => Promise<void>> {
  if (mode === 'embedded') {
    // Another program holds the file.
    const other = new Sqlite(join(config.DATA_DIR, 'dream.db'))
    other.exec('BEGIN IMMEDIATE')
    return async () => { other.close() }
  }
  // What a server says that has just become a replica.
  for (const change of ['INSERT', 'UPDATE']) {
    await rows(`CREATE TRIGGER Refuse${change} BEFORE ${change} ON Users FOR EACH ROW SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 1290, MESSAGE_TEXT = 'read-only'`)
  }
  return async () => { for (const change of ['INSERT', 'UPDATE']) await rows(`DROP TRIGGER Refuse${change}`) }
}

for (const mode of modes) {
  t.test(`${mode}: a Verify that fails with 502 for the name leaves the code usable, any number of times`, async t => {
    const world = await build(t, mode)
    await world.register({ ...alice, Name: 'Bob', Email: 'bob@example.com' })
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    for (let i = 0; i < 10; i++) t.match(await world.post('/Auth/Verify', { ...alice, Name: 'BOB', VerifyCode }), { status: 200, body: { Code: 502, Field: 'Name' } })
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 200)
    t.equal((await world.post('/Auth/Verify', { ...alice, Email: 'x@example.com', Name: 'X', VerifyCode })).body.Code, 521, 'and then it is spent')
  })

  t.test(`${mode}: R5: a change that fails with 510 leaves the code usable and changes nothing`, async t => {
    const world = await build(t, mode)
    const bob = { ...alice, Name: 'Bob', Email: 'bob@example.com' }
    await world.register(alice)
    await world.post('/Auth/Sign', bob)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const verify = { ...bob, VerifyCode: await world.codeFor(bob.Email) }
    const update = { Email: alice.Email, Password: digest('a new password'), VerifyCode: await world.codeFor(alice.Email) }
    const before = await world.rows('SELECT * FROM Users')
    const allow = await refuseChanges(world)
    for (const [route, body] of [['/Auth/Verify', verify], ['/Auth/UpdatePassword', update]] as const) {
      t.match(await world.post(route, body), { status: 503, body: { Code: 510 } }, route)
    }
    await allow()
    t.strictSame(await world.rows('SELECT * FROM Users'), before)
    t.equal((await world.post('/Auth/Verify', verify)).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', update)).body.Code, 200)
  })

  t.test(`${mode}: K7: a new code waits for the cooldown and voids the older one`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Sign', alice)
    const older = await world.codeFor(alice.Email)
    const early = await world.post('/Auth/Sign', alice)
    t.match(early, { status: 429, body: { Code: 429, RetryAfter: Number } })
    t.ok(Number(early.body.RetryAfter) > 50 && Number(early.body.RetryAfter) <= 60, 'says how long to wait')
    await world.pass(COOLDOWN_MS)
    let newer = older
    // One time in a million the two are the same.
    while (newer === older) {
      t.equal((await world.post('/Auth/Sign', alice)).body.Code, 200)
      newer = await world.codeFor(alice.Email)
      if (newer === older) await world.pass(COOLDOWN_MS)
    }
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: older })).body.Code, 520)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: newer })).body.Code, 200)
  })

  t.test(`${mode}: K2: a code is good for five minutes and no longer`, async t => {
    const world = await build(t, mode)
    await world.post('/Auth/Sign', alice)
    const VerifyCode = await world.codeFor(alice.Email)
    await world.pass(TTL_MS - 30_000)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: VerifyCode === '000000' ? '000001' : '000000' })).body.Code, 520, 'still there')
    await world.pass(30_000)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 521)
  })

  t.test(`${mode}: K6, P2, P3: a code is good for its purpose and its address alone`, async t => {
    const world = await build(t, mode)
    const bob = { ...alice, Name: 'Bob', Email: 'bob@example.com' }
    await world.register(alice)
    await world.register(bob)
    const carol = { ...alice, Name: 'Carol', Email: 'carol@example.com' }
    await world.post('/Auth/Sign', carol)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const signCode = await world.codeFor(carol.Email)
    const resetCode = await world.codeFor(alice.Email)
    const dave = { ...alice, Name: 'Dave', Email: 'dave@example.com' }
    for (const VerifyCode of [signCode, resetCode]) {
      t.equal((await world.post('/Auth/UpdatePassword', { ...bob, Name: undefined, VerifyCode })).body.Code, 521, 'no reset was asked for, so none is possible')
      t.equal((await world.post('/Auth/Verify', { ...dave, VerifyCode })).body.Code, 521)
    }
    if (signCode !== resetCode) t.equal((await world.post('/Auth/Verify', { ...carol, VerifyCode: resetCode })).body.Code, 520)
    t.equal((await world.post('/Auth/Verify', { ...carol, VerifyCode: signCode })).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('new'), VerifyCode: resetCode })).body.Code, 200)
  })

  t.test(`${mode}: D4: after 518 the code is void and the next may be asked for at once`, async t => {
    let failing = true
    const sent: string[] = []
    const smtp = await startSmtp(t, {
      onData (stream, _session, callback) {
        const chunks: Buffer[] = []
        stream.on('data', (chunk: Buffer) => { chunks.push(chunk) })
        stream.on('end', async () => {
          const { text = '' } = await PostalMime.parse(Buffer.concat(chunks))
          sent.push(/\b\d{6}\b/.exec(text)?.[0] ?? '')
          callback(failing ? Object.assign(new Error('try later'), { responseCode: 451 }) : null)
        })
      }
    })
    const world = await build(t, mode, smtp.settings)
    for (let i = 0; i < 3; i++) t.match(await world.post('/Auth/Sign', alice), { status: 200, body: { Code: 518 } }, 'no cooldown')
    t.equal(sent.length, 3, 'the mail server has seen the codes')
    for (const VerifyCode of sent) t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode })).body.Code, 521, 'but they are void')
    failing = false
    t.equal((await world.post('/Auth/Sign', alice)).body.Code, 200)
    t.equal((await world.post('/Auth/Verify', { ...alice, VerifyCode: sent[3] })).body.Code, 200)
    failing = true
    for (let i = 0; i < 2; i++) t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 518)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: digest('new'), VerifyCode: sent[5] })).body.Code, 521)
    t.equal((await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password })).body.Code, 200, 'logins are unaffected')
  })
}
