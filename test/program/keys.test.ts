import { randomInt } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { deployment, digest, modes } from '../helper.ts'
import { part } from '../support/forge.ts'
import { keyFile } from '../support/keys.ts'
import { ask, compiled, emptyFolder, outcome, register, serve, start, type Program } from '../support/program.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const keys = (t: Test, folder: string, args: string[], settings: Record<string, string> = {}): Program => start(t, process.execPath, [compiled('keys'), ...args], settings, folder)

interface Listed { kid: string, alg: string, state: string, secret?: string }

/** Runs it to a good end. */
async function done (t: Test, folder: string, args: string[], settings?: Record<string, string>): Promise<string> {
  const program = keys(t, folder, args, settings)
  t.equal(await program.ended, 0, `${args.join(' ')}: ${program.stderr()}`)
  return program.stdout()
}

async function listed (t: Test, folder: string, settings?: Record<string, string>): Promise<Listed[]> {
  return JSON.parse(await done(t, folder, ['list', '--json'], settings)).keys
}

/** Runs it to the end where it refuses, in one line. */
async function refusal (t: Test, folder: string, args: string[], settings?: Record<string, string>): Promise<string> {
  const program = keys(t, folder, args, settings)
  t.equal(await program.ended, 1, args.join(' '))
  t.equal(program.stdout(), '')
  t.match(program.stderr(), /^keys: .+\n$/)
  return program.stderr()
}

async function login (url: string): Promise<string> {
  const { body, text } = await ask(`${url}/Auth/Login`, { Email: alice.Email, Password: alice.Password })
  if (typeof body.Token !== 'string') throw new Error(text)
  return body.Token
}

const check = async (url: string, token: string): Promise<number> => (await ask(`${url}/CheckJWTToken`, undefined, { authorization: `Bearer ${token}` })).status

/** Logs in until a token comes that another key signed. */
async function loginUnderNewKey (url: string, kids: unknown[]): Promise<string> {
  for (;;) {
    const token = await login(url)
    if (!kids.includes(part(token, 0).kid)) return token
    await sleep(100)
  }
}

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
