import { randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { part } from '../support/forge.ts'
import { alice, check, done, keys, listed, login, loginUnderNewKey, refusal, type Listed } from '../support/keys-program.ts'
import { ask, emptyFolder, register, serve } from '../support/program.ts'

for (const args of [[], ['renew'], ['revoke'], ['rotate', 'now'], ['rotate', '--algorithm', 'RS256'], ['list', '--secret']]) {
  t.test(`keys ${args.join(' ')} says how it is used, and touches nothing`, async t => {
    const folder = emptyFolder(t)
    const program = keys(t, folder, args)
    t.equal(await program.ended, 1)
    t.match(program.stderr(), /^Usage: npm run keys -- list\|create\|rotate\|revoke <kid>/)
    t.notOk(statSync(join(folder, 'data'), { throwIfNoEntry: false }))
  })
}

t.test('T5: embedded: beside the running service, from the secret to EdDSA, and nobody is logged out; a revoked key ends its tokens', async t => {
  const folder = emptyFolder(t)
  const url = await serve(t, {}, folder).url()
  await register(url, alice)
  t.match(await done(t, folder, ['list']), /^There is no key file: JWT_SECRET_KEY signs\.\n\n.*\n[0-9a-f]{16} {2}HS256 {2}current/)
  t.match(await refusal(t, folder, ['revoke', String((await listed(t, folder))[0]?.kid)]), /rotate/)
  const tokens = [await login(url)]

  t.match(await done(t, folder, ['rotate', '--algorithm', 'EdDSA']), /^Created\. The first key signs in 30 seconds/)
  t.match(await refusal(t, folder, ['rotate']), /too new to be known everywhere: try again in 3\d\d seconds/)
  t.match(await refusal(t, folder, ['create']), /already/)
  t.match(await done(t, folder, ['rotate', '--force']), /^Rotated\./)
  const token = await loginUnderNewKey(url, tokens.map(token => part(token, 0).kid))
  tokens.push(token)
  t.match(part(token, 0), { alg: 'EdDSA' })
  for (const each of tokens) t.equal(await check(url, each), 200)
  const published: { keys: Listed[] } = JSON.parse((await ask(`${url}/.well-known/jwks.json`)).text)
  const inFile = await listed(t, folder)
  t.same(published.keys.map(({ kid }) => kid).sort(), inFile.filter(({ secret }) => secret === undefined).map(({ kid }) => kid).sort())

  t.match(await done(t, folder, ['revoke', String(part(token, 0).kid)]), /^Revoked\./)
  while (await check(url, token) !== 401) await sleep(100)
  t.equal(await check(url, String(tokens[0])), 200, 'no other key\'s tokens')
  const secret = inFile.find(({ secret }) => secret !== undefined)
  t.match(await done(t, folder, ['revoke', String(secret?.kid)]), /^Revoked\..* Set another JWT_SECRET_KEY too/)
  while (await check(url, String(tokens[0])) !== 401) await sleep(100)
  t.equal(await check(url, await login(url)), 200)
  t.match(await refusal(t, folder, ['revoke', 'unknown']), /no key of this id/)
})

t.test('whatever it prints, nothing of it is private', async t => {
  const folder = emptyFolder(t)
  let printed = await done(t, folder, ['create', '--algorithm', 'ES256'])
  for (const alg of ['HS256', 'EdDSA', 'ES256', 'HS256']) printed += await done(t, folder, ['rotate', '--force', '--algorithm', alg])
  const privates = new Set<string>()
  const note = (): void => { for (const [, value = ''] of readFileSync(join(folder, 'data', 'jwt-keys.json'), 'utf8').matchAll(/"(?:d|k)": "([^"]+)"/g)) privates.add(value) }
  note()
  printed += await done(t, folder, ['list']) + await done(t, folder, ['list', '--json']) + await done(t, folder, ['rotate', '--force', '--json'])
  note()
  t.ok(privates.size >= 6)
  for (const value of [...privates, readFileSync(join(folder, 'data', 'jwt-secret.key'), 'utf8')]) t.notOk(printed.includes(value))
})

t.test('at once, or killed at any moment: the file is always whole, and a later run goes on', async t => {
  const folder = emptyFolder(t)
  await done(t, folder, ['create', '--algorithm', 'EdDSA'])
  for (let round = 0; round < 4; round++) {
    const programs = Array.from({ length: 3 }, () => keys(t, folder, ['rotate', '--force']))
    const [killed, ...others] = programs
    await sleep(randomInt(300))
    killed?.child.kill('SIGKILL')
    for (const program of others) if (await program.ended !== 0) t.equal(program.stderr(), 'keys: JWT_KEYS_FILE is being changed by another process\n')
    await killed?.ended
    const states = (await listed(t, folder)).map(({ state }) => state)
    t.same(states.filter(state => state !== 'previous'), ['next', 'current'])
  }
  await done(t, folder, ['rotate', '--force'])
})
