import t from 'tap'
import { build, digest, modes } from '../helper.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const renewed = digest('a better password')

for (const mode of modes) {
  t.test(`${mode}: P4: a reset voids every other code of the account, whatever its purpose`, async t => {
    const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
    await world.register(alice)
    t.equal((await world.post('/Auth/Sign', { ...alice, Name: 'Other' })).body.Code, 200)
    const sign = { ...alice, Name: 'Other', VerifyCode: await world.codeFor(alice.Email) }
    t.equal((await world.post('/Auth/Verify', sign)).body.Code, 502, 'good until then')
    t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
    t.equal((await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: await world.codeFor(alice.Email) })).body.Code, 200)
    t.equal((await world.post('/Auth/Verify', sign)).body.Code, 521, 'and void from then on')
  })

  t.test(`${mode}: P4: a code that was mailed while the reset was under way is void once that is done`, async t => {
    const world = await build(t, mode, { PASSWORD_HASH_ITERATIONS: '400000' })
    await world.register(alice)
    for (let attempt = 0; attempt < 10; attempt++) {
      await world.pass(60_000)
      t.equal((await world.post('/Auth/ResetPassword', { Email: alice.Email })).body.Code, 200)
      let done = false
      const update = world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: renewed, VerifyCode: await world.codeFor(alice.Email) }).finally(() => { done = true })
      await world.pass(60_000)
      const again = await world.post('/Auth/ResetPassword', { Email: alice.Email })
      const meanwhile = !done
      // The second code came too late, or before the first was taken.
      if ((await update).body.Code !== 200 || again.body.Code !== 200 || !meanwhile) continue
      const late = { Email: alice.Email, Password: digest('yet another'), VerifyCode: await world.codeFor(alice.Email) }
      t.equal((await world.post('/Auth/UpdatePassword', late)).body.Code, 521)
      return
    }
    t.fail('in no attempt was a code mailed while the reset was under way')
  })
}
