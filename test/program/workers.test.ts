import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { deployment, digest, modes } from '../helper.ts'
import { credentialsOf, newPerson, until } from '../support/faults.ts'
import { ask, emptyFolder, serve, type Program } from '../support/program.ts'
import { startSmtp, type ReceivedMail } from '../support/smtp.ts'
import { steadyLoad, type Asking } from '../support/steady.ts'

const skip = modes.includes('server') ? false : 'several processes need server mode'
const root = { Email: 'root@example.com', Password: digest('the operator') }
const PATIENCE_MS = 30_000

interface Several { program: Program, url: string, folder: string, mails: ReceivedMail[], setting: (key: string, value: string) => void }

/** The workers that there are, by their process ids. */
function workersOf (program: Program): number[] {
  const { pid } = program.child
  const parent = (id: string): number => {
    try {
      // Behind the name, which is in brackets and may hold anything (proc_pid_stat(5)).
      return Number(readFileSync(`/proc/${id}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')[1])
    } catch {
      return 0
    }
  }
  return readdirSync('/proc').filter(name => /^\d+$/.test(name) && parent(name) === pid).map(Number)
}

const isThere = (pid: number): boolean => existsSync(`/proc/${pid}`)
const listening = (program: Program): number => program.log().filter(({ msg }) => msg === 'worker listens').length

/** Two workers, with settings from a file that can be changed while they run. */
async function twoWorkers (t: Test, more: Record<string, string> = {}): Promise<Several> {
  const folder = emptyFolder(t)
  const smtp = await startSmtp(t)
  const file = join(folder, '.env')
  const settings: Record<string, string> = { ...await deployment(t, 'server'), ...smtp.settings, LOG_LEVEL: 'info', BOOTSTRAP_ADMIN_EMAIL: root.Email, BOOTSTRAP_ADMIN_PASSWORD: root.Password, WORKERS: '2', ...more }
  const write = (): void => { writeFileSync(file, Object.entries(settings).map(([key, value]) => `${key}='${value}'\n`).join('')) }
  write()
  const program = serve(t, {}, folder)
  const url = await program.url()
  await until(async () => listening(program) === 2, PATIENCE_MS)
  return {
    program,
    url,
    folder,
    mails: smtp.mails,
    setting (key, value) {
      settings[key] = value
      write()
    }
  }
}

/** What is asked of it: logins of the administrator, and the token of somebody else, whom those do not log out. */
async function mixed ({ url, mails }: Several): Promise<Asking[]> {
  const alice = newPerson()
  await ask(`${url}/Auth/Sign`, alice)
  const VerifyCode = /\b\d{6}\b/.exec(mails.find(({ to }) => to === alice.Email)?.text ?? '')?.[0]
  await ask(`${url}/Auth/Verify`, { ...alice, VerifyCode })
  const { body } = await ask(`${url}/Auth/Login`, credentialsOf(alice))
  return [
    { method: 'GET', path: '/CheckJWTToken', headers: { authorization: `Bearer ${String(body.Token)}` }, codes: [200] },
    { method: 'POST', path: '/Auth/Login', body: root, codes: [202] },
    { method: 'GET', path: '/health', codes: [200] }
  ]
}

/** Seconds that a new token lives. */
async function lifetime (url: string): Promise<number> {
  const { body } = await ask(`${url}/Auth/Login`, root, { connection: 'close' })
  const { exp, iat } = JSON.parse(Buffer.from(String(body.Token).split('.')[1] ?? '', 'base64url').toString())
  return exp - iat
}

t.test('several workers', { skip }, async t => {
  const several = await twoWorkers(t, { JWT_EXPIRES_IN: '1h', SHUTDOWN_DELAY: '8' })
  const { program, url, setting } = several
  const askings = await mixed(several)

  await t.test('S1: SIGHUP replaces every worker by one with the settings of now, and no request fails', async t => {
    const before = workersOf(program)
    t.equal(before.length, 2)
    t.equal(await lifetime(url), 3_600)
    const load = steadyLoad(url, askings, { clients: 6 })
    await until(async () => load.tally.sent > 50, PATIENCE_MS)
    setting('JWT_EXPIRES_IN', '2h')
    program.child.kill('SIGHUP')
    await program.says('every worker is replaced')
    const { sent, failed } = await load.stop()
    t.strictSame(failed, [], `of ${sent} requests`)
    const after = workersOf(program)
    t.equal(after.length, 2)
    t.strictSame(after.filter(pid => before.includes(pid)), [])
    for (let i = 0; i < 4; i++) t.equal(await lifetime(url), 7_200)
    t.equal(program.stderr(), '')
  })

  await t.test('F1: SIGHUP with settings that are refused, or with which no worker can start, leaves those that run', async t => {
    const before = workersOf(program)
    setting('JWT_EXPIRES_IN', 'never')
    program.child.kill('SIGHUP')
    await program.says('the workers go on with the settings they have: JWT_EXPIRES_IN')
    setting('JWT_EXPIRES_IN', '1h')
    setting('DB_USER', 'nobody')
    program.child.kill('SIGHUP')
    await program.says('a new worker could not start (exit code 1)')
    t.equal(program.stderr(), 'dream-auth cannot start: DB_USER and DB_PASSWORD are refused by the database server\n')
    t.strictSame(workersOf(program), before)
    t.match(await ask(`${url}/Auth/Login`, root), { body: { Code: 202 } })
    setting('DB_USER', 'root')
  })

  await t.test('a worker that is killed is followed by another, later each time; the others serve meanwhile', async t => {
    let victim = workersOf(program).at(-1) ?? 0
    for (const wait of [250, 500]) {
      const others = workersOf(program).filter(pid => pid !== victim)
      const listened = listening(program)
      process.kill(victim, 'SIGKILL')
      await program.says(`worker ended by itself (SIGKILL): another begins in ${wait} ms`)
      t.match(await ask(`${url}/Auth/Login`, root, { connection: 'close' }), { body: { Code: 202 } })
      await until(async () => listening(program) > listened, PATIENCE_MS)
      victim = workersOf(program).find(pid => !others.includes(pid)) ?? 0
    }
    t.equal(workersOf(program).length, 2)
  })

  await t.test('S1: SIGTERM to all of them at once, as a terminal or systemd sends it, has every worker finish, and the program exits 0', async t => {
    const pids = workersOf(program)
    const load = steadyLoad(url, askings.slice(0, 2), { clients: 6, leaves: true })
    await until(async () => load.tally.sent > 50, PATIENCE_MS)
    for (const pid of [...pids, program.child.pid ?? 0]) process.kill(pid, 'SIGTERM')
    await until(async () => (await ask(`${url}/health`)).body.Code === 529)
    await load.left
    t.equal(await program.ended, 0)
    t.strictSame(load.tally.failed, [], `of ${load.tally.sent} requests`)
    t.strictSame(pids.filter(isThere), [])
  })
})

t.test('S2: several workers end when the program that began them is killed outright, and the port is free', { skip }, async t => {
  const { program, url, folder } = await twoWorkers(t)
  const pids = workersOf(program)
  program.child.kill('SIGKILL')
  await until(async () => !pids.some(isThere), PATIENCE_MS)
  const again = serve(t, { PORT: new URL(url).port }, folder)
  t.match(await ask(`${await again.url()}/Auth/Login`, root), { body: { Code: 202 } })
})

t.test('S1: a second signal ends every worker at once, and the log says so', { skip }, async t => {
  const { program } = await twoWorkers(t, { SHUTDOWN_DELAY: '60' })
  const pids = workersOf(program)
  program.child.kill('SIGTERM')
  await program.says('every worker finishes what is under way')
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 1)
  t.match(program.stdout(), 'second SIGTERM, exiting')
  await until(async () => !pids.some(isThere))
})

t.test('S1: SIGTERM while workers are only beginning has all of them end, and the program exits 0', { skip }, async t => {
  const smtp = await startSmtp(t)
  const program = serve(t, { ...await deployment(t, 'server'), ...smtp.settings, WORKERS: '3' })
  // The first of them: the others are begun by that.
  await program.says('worker listens')
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.notMatch(program.stdout(), /could finish/)
})

t.test('F1: what no worker can start with is said once, with exit code 1', { skip }, async t => {
  const smtp = await startSmtp(t)
  const program = serve(t, { ...await deployment(t, 'server'), ...smtp.settings, WORKERS: '3', DB_USER: 'nobody' })
  t.equal(await program.ended, 1)
  t.equal(program.stderr(), 'dream-auth cannot start: DB_USER and DB_PASSWORD are refused by the database server\n')
})
