import { statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deployment, modes } from '../helper.ts'
import { part } from '../support/forge.ts'
import { keyFile } from '../support/keys.ts'
import { alice, check, done, login, refusal } from '../support/keys-program.ts'
import { emptyFolder, outcome, register, serve } from '../support/program.ts'

t.test('embedded: with JWT_ALGORITHM=ES256 the first start makes the keys, and the next has the same', async t => {
  const folder = emptyFolder(t)
  const settings = { JWT_ALGORITHM: 'ES256' }
  const program = serve(t, settings, folder)
  const url = await program.url()
  await register(url, alice)
  const token = await login(url)
  t.match(part(token, 0), { alg: 'ES256' })
  t.equal(statSync(join(folder, 'data', 'jwt-keys.json')).mode & 0o777, 0o600)
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.equal(await check(await serve(t, settings, folder).url(), token), 200)
})

t.test('F1: server mode: what needs a key file says so, before it listens', async t => {
  const settings = { DB_HOST: '127.0.0.1', DB_PORT: '1', REDIS_PORT: '1', JWT_SECRET_KEY: 'a key for tests: 9f2b7c41e8d05a63b1f4' }
  t.match(await refusal(t, emptyFolder(t), ['rotate'], settings), /^keys: JWT_KEYS_FILE is missing/)
  const file = keyFile(t)
  for (const [given, says] of [[{}, /npm run keys -- create/], [{ JWT_KEYS_FILE: file }, /does not exist: run "npm run keys -- create"/]] as const) {
    const program = serve(t, { ...settings, JWT_ALGORITHM: 'EdDSA', ...given })
    t.equal(await outcome(program), 1)
    t.match(program.stderr(), /^dream-auth cannot start: JWT_KEYS_FILE .*\n$/)
    t.match(program.stderr(), says)
    t.notOk(program.stderr().includes(file))
  }
})

t.test('T5: server mode: two processes take a rotation in, and each knows the other\'s tokens at every moment', { skip: !modes.includes('server') && 'server mode needs MariaDB and Redis' }, async t => {
  const folder = emptyFolder(t)
  const settings = { ...await deployment(t, 'server'), JWT_KEYS_FILE: keyFile(t), JWT_ALGORITHM: 'ES256' }
  await done(t, folder, ['create'], settings)
  const [one, two] = await Promise.all([serve(t, settings).url(), serve(t, settings).url()])
  await register(one, alice)
  const kids = [part(await login(one), 0).kid]
  await done(t, folder, ['rotate', '--force'], settings)
  const asked: number[] = []
  for (let left = 20; left > 0;) {
    const [first, second] = [await login(one), await login(two)]
    asked.push(await check(two, first), await check(one, second))
    if ([first, second].every(token => !kids.includes(part(token, 0).kid))) left -= 4
    await sleep(50)
  }
  t.same(asked.filter(status => status !== 200), [])
})
