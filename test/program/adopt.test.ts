import t, { type Test } from 'tap'
import { modes } from '../helper.ts'
import { administered, oldDeployment, oldPassword, type Administered } from '../stores/old-deployment.ts'
import { ask, compiled, emptyFolder, serve, start, type Program } from '../support/program.ts'
import { find } from '../support/services.ts'

const skip = modes.includes('server') ? false : 'server mode needs MariaDB and Redis'
const noTerminal = find('script') === undefined || process.platform !== 'linux' ? 'needs the program "script" of util-linux to make a terminal' : false
const adopt = (t: Test, args: string[], settings: Record<string, string> = {}): Program => start(t, process.execPath, [compiled('adopt'), ...args], { PASSWORD_HASH_ITERATIONS: '1000', ...settings }, emptyFolder(t))

async function bareHashes ({ rows }: Administered): Promise<number> {
  const [row] = await rows('SELECT COUNT(*) AS Bare FROM Users WHERE LENGTH(Password) = 64')
  return Number(row?.Bare)
}

for (const args of [[], ['--from'], ['--from', 'md5'], ['--form', 'sm3'], ['sha256'], ['--from', 'sm3', '--force']]) {
  t.test(`adopt ${args.join(' ')} says how it is used, and touches nothing`, async t => {
    const program = adopt(t, args)
    t.equal(await program.ended, 1)
    t.match(program.stderr(), /^Usage: .*--from sha256\|sm3\|any/)
    t.equal(program.stdout(), '')
  })
}

t.test('C5: an old table is adopted beside the service that uses it, with a rate and counts; a second run finds nothing to do', { skip }, async t => {
  const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
  await oldDeployment(old, 1_200)
  const url = await serve(t, old.settings).url()
  const program = adopt(t, ['--from', 'any'], old.settings)
  t.equal(await program.ended, 0, program.stderr())
  t.match(program.stdout(), /^Every account has been looked at\.\n1,200 wrapped \([\d.]+ a second\), 0 relabelled, 0 changed by their owners meanwhile, 0 stretched already\n$/m)
  t.equal(await bareHashes(old), 0)
  const { typed } = oldPassword(7)
  t.match(await ask(`${url}/Auth/Login`, { Email: 'user7@example.com', Password: typed }), { body: { Code: 200, UserID: 7 } })
  const again = adopt(t, ['--from', 'any'], old.settings)
  t.equal(await again.ended, 0)
  t.match(again.stdout(), /\n0 wrapped \(0\.0 a second\), 0 relabelled, 0 changed by their owners meanwhile, 1,200 stretched already\n$/)
})

t.test('C5: interrupted, it says so, exits 0, and the next run does the rest', { skip }, async t => {
  const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
  await oldDeployment(old, 600)
  // Slow enough to be caught at work: some thousandths of a second each.
  const settings = { ...old.settings, PASSWORD_HASH_ITERATIONS: '40000' }
  const program = adopt(t, ['--from', 'sha256'], settings)
  while (await bareHashes(old) === 600) await new Promise(resolve => { setTimeout(resolve, 20) })
  program.child.kill('SIGINT')
  t.equal(await program.ended, 0)
  t.match(program.stdout(), /Interrupted; run it again to go on where it stopped\.\n\d+ wrapped/)
  const left = await bareHashes(old)
  t.ok(left > 0, `${left} are left`)
  const second = adopt(t, ['--from', 'sha256'], { ...settings, PASSWORD_HASH_ITERATIONS: '1000' })
  t.equal(await second.ended, 0)
  t.match(second.stdout(), new RegExp(`\\n${left} wrapped .* ${600 - left} stretched already`))
})

t.test('C5: on a terminal it draws its progress', { skip: skip || noTerminal }, async t => {
  const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
  await oldDeployment(old, 400)
  const settings = { ...old.settings, PASSWORD_HASH_ITERATIONS: '40000', TERM: 'xterm' }
  const program = start(t, 'script', ['-qec', `exec "${process.execPath}" "${compiled('adopt')}" --from any`, '/dev/null'], settings, emptyFolder(t))
  t.equal(await program.ended, 0)
  t.match(program.stdout(), /\r\[#+ *\] \d+ % {2}\d+ wrapped, [\d.]+ a second, about \d+ min left/)
  t.match(program.stdout(), /Every account has been looked at\.\r\n400 wrapped/)
})

t.test('C5: without its database it says so, and exits 1', { skip }, async t => {
  const program = adopt(t, ['--from', 'sm3'], { ...(await administered(t)).settings, DB_PORT: '1' })
  t.equal(await program.ended, 1)
  t.match(program.stderr(), /^adopt: the database is not reachable\n$/)
})
