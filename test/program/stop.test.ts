import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { digest } from '../helper.ts'
import { ask, emptyFolder, register, serve } from '../support/program.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
const login = JSON.stringify({ Email: alice.Email, Password: alice.Password })
// The program gives itself 13 seconds; what it waits for here takes far less.
const AT_ONCE_MS = 5_000

// They wait most of the time, so they wait together.
t.jobs = 3

interface Pending { asking: ClientRequest, received: Promise<unknown>, answer: Promise<{ status: number | undefined, connection: string | undefined, text: string }> }

/** A login whose headers have reached the service, and whose body has not. */
function beginLogin (url: string, agent?: Agent): Pending {
  const asking = request(`${url}/Auth/Login`, { method: 'POST', ...(agent && { agent }), headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(login), expect: '100-continue' } })
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    asking.once('response', resolve)
    asking.once('error', reject)
  }).then(async response => {
    let text = ''
    for await (const chunk of response) text += String(chunk)
    return { status: response.statusCode, connection: response.headers.connection, text }
  })
  return { asking, answer, received: new Promise(resolve => { asking.once('continue', resolve) }) }
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`S1: ${signal} finishes the requests under way, takes no new ones and exits 0`, { buffered: true }, async t => {
    const program = serve(t)
    const url = await program.url()
    await register(url, alice)
    const agent = new Agent({ keepAlive: true })
    t.teardown(() => { agent.destroy() })
    const pending = Array.from({ length: 8 }, () => beginLogin(url, agent))
    await Promise.all(pending.map(({ received }) => received))

    program.child.kill(signal)
    await program.says('finishing what is under way')
    for (const { asking } of pending) asking.end(login)
    for (const { answer } of pending) {
      const { status, connection, text } = await answer
      t.match({ status, connection, body: JSON.parse(text) }, { status: 200, connection: 'close', body: { Code: 200, Token: String } })
    }
    t.equal(await program.ended, 0)
    await t.rejects(ask(`${url}/health/live`))
    t.equal(program.stderr(), '')
  })
}

t.test('S1: connections on which nothing happens do not keep the program', { buffered: true }, async t => {
  const program = serve(t)
  const url = await program.url()
  const agent = new Agent({ keepAlive: true })
  t.teardown(() => { agent.destroy() })
  const used = beginLogin(url, agent)
  used.asking.end(login)
  await used.answer
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
  while (!smtp.lines.some(line => line.startsWith('EHLO'))) await new Promise(resolve => { setImmediate(resolve) })
  program.child.kill('SIGTERM')
  t.match(await answer, { status: 200, body: { Code: 518 } })
  t.equal(await program.ended, 0)
})

t.test('S2: killed outright and started again: accounts and tokens are there, and the folder is free', { buffered: true }, async t => {
  const folder = emptyFolder(t)
  const first = serve(t, {}, folder)
  const url = await first.url()
  await register(url, alice)
  const { body } = await ask(`${url}/Auth/Login`, JSON.parse(login))
  first.child.kill('SIGKILL')
  t.equal(await first.ended, 'SIGKILL')

  const again = await serve(t, {}, folder).url()
  t.match(await ask(`${again}/Auth/Login`, JSON.parse(login)), { body: { Code: 200, UserID: 1 } })
  t.match(await ask(`${again}/CheckJWTToken`, undefined, { authorization: `Bearer ${String(body.Token)}` }), { status: 200 })
})
