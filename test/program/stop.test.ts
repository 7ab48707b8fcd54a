import { Agent } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { digest } from '../helper.ts'
import { begin } from '../support/begun.ts'
import { until } from '../support/faults.ts'
import { ask, emptyFolder, register, serve } from '../support/program.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = { Email: alice.Email, Password: alice.Password }
/** As many as one account may have hashed at once where the machine has a single core. */
const UNDER_WAY = 5
/** Far less than what the program may take for a stop by this setting, and far more than it needs. */
const AT_ONCE_MS = 15_000
const LONG_GRACE = { SHUTDOWN_GRACE: '60' }

// They wait most of the time, so they wait together.
t.jobs = 3

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`S1: ${signal} finishes the requests under way, takes no new ones and exits 0`, { buffered: true }, async t => {
    const program = serve(t)
    const url = await program.url()
    await register(url, alice)
    const agent = new Agent({ keepAlive: true })
    t.teardown(() => { agent.destroy() })
    const begun = await Promise.all(Array.from({ length: UNDER_WAY }, () => begin(`${url}/Auth/Login`, login, agent)))

    program.child.kill(signal)
    await program.says('finishing what is under way')
    for (const answer of await Promise.all(begun.map(({ finish }) => finish()))) t.match(answer, { status: 200, connection: 'close', body: { Code: 200, Token: String } })
    t.equal(await program.ended, 0)
    await t.rejects(ask(`${url}/health/live`))
    t.equal(program.stderr(), '')
  })
}

t.test('S1: connections on which nothing happens do not keep the program', { buffered: true }, async t => {
  const program = serve(t, LONG_GRACE)
  const url = await program.url()
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => { agent.destroy() })
  await (await begin(`${url}/Auth/Login`, login, agent)).finish()
  // A load balancer or a browser opens connections in advance.
  const unused = connect(Number(new URL(url).port), '127.0.0.1')
  t.teardown(() => { unused.destroy() })
  await new Promise(resolve => { unused.once('connect', resolve) })
  t.match(await ask(`${url}/health/live`), { status: 200 }, 'the connection before this one was accepted, too')

  const start = performance.now()
  program.child.kill('SIGTERM')
  t.equal(await program.ended, 0)
  t.ok(performance.now() - start < AT_ONCE_MS, `after ${Math.round(performance.now() - start)} ms`)
})

t.test('S1: a mail that a stalled server holds up is answered with 518 before the program exits 0', { buffered: true }, async t => {
  const smtp = await startScriptedSmtp(t, (line, socket) => {
    if (line?.startsWith('EHLO') !== true) return politely(line)
    const timer = setInterval(() => { socket.write('250-wait\r\n') }, 300)
    socket.on('close', () => { clearInterval(timer) })
    return '250-wait'
  })
  const program = serve(t, smtp.settings)
  const url = await program.url()
  const answer = ask(`${url}/Auth/Sign`, alice)
  answer.catch(() => {})
  await until(async () => smtp.lines.some(line => line.startsWith('EHLO')))
  program.child.kill('SIGTERM')
  t.match(await answer, { status: 200, body: { Code: 518 } })
  t.equal(await program.ended, 0)
})

t.test('S2: killed outright and started again: accounts and tokens are there, and the folder is free', { buffered: true }, async t => {
  const folder = emptyFolder(t)
  const first = serve(t, {}, folder)
  const url = await first.url()
  await register(url, alice)
  const { body } = await ask(`${url}/Auth/Login`, login)
  first.child.kill('SIGKILL')
  t.equal(await first.ended, 'SIGKILL')

  const again = await serve(t, {}, folder).url()
  t.match(await ask(`${again}/Auth/Login`, login), { body: { Code: 200, UserID: 1 } })
  t.match(await ask(`${again}/CheckJWTToken`, undefined, { authorization: `Bearer ${String(body.Token)}` }), { status: 200 })
})
