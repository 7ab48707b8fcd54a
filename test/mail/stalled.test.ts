import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { build, digest } from '../helper.ts'
import { until } from '../support/faults.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'

// The service gives a mail up after twelve seconds at most, the machine may be busy.
const BOUND_MS = 20_000
const admin = { Email: 'root@example.com', Password: digest('the operator') }
const owner = { BOOTSTRAP_ADMIN_EMAIL: admin.Email, BOOTSTRAP_ADMIN_PASSWORD: admin.Password }
const person = (name: string) => ({ Name: name, Email: `${name}@example.com`, Password: digest('correct horse battery staple') })

/** A line that never ends its reply, again and again, so that no silence is ever long. */
function drip (socket: Socket): string {
  const timer = setInterval(() => { socket.write('250-wait\r\n') }, 300)
  socket.on('close', () => { clearInterval(timer) })
  return '250-wait'
}

const ENDLESS = 'answers without an end'

/** What each server does where a good one goes on. */
const stalls: Record<string, (line: string | undefined, socket: Socket) => string> = {
  'says nothing': () => '',
  'greets and says nothing more': line => line === undefined ? '220 test' : '',
  [ENDLESS]: (line, socket) => line === undefined ? '220 test' : drip(socket),
  'does not acknowledge the message': line => line === '.' ? '' : politely(line),
  'hangs up instead of a greeting': (_line, socket) => {
    socket.end()
    return ''
  },
  'hangs up in the middle of the message': (line, socket) => {
    if (line?.startsWith('Subject:') === true) socket.destroy()
    return politely(line)
  },
  'talks nonsense': () => '<html>'
}

// They wait most of the time, so they wait together.
t.jobs = Object.keys(stalls).length

for (const [what, stall] of Object.entries(stalls)) {
  t.test(`D4: a server that ${what}: 518 in bounded time, logins unaffected, and mails again by themselves when it behaves`, { buffered: true }, async t => {
    let behaves = false
    const smtp = await startScriptedSmtp(t, (line, socket) => behaves ? politely(line) : stall(line, socket))
    const world = await build(t, 'embedded', { ...smtp.settings, ...owner })
    const start = performance.now()
    // More than there are connections: nobody waits for those before him.
    const names = Array.from({ length: 7 }, (_, i) => `n${i}`)
    const signs = Promise.all(names.map(name => world.post('/Auth/Sign', person(name))))
    t.match(await world.post('/Auth/Login', admin), { body: { Code: 202 } })
    t.strictSame((await signs).map(({ body }) => body.Code), names.map(() => 518))
    t.ok(performance.now() - start < BOUND_MS, `after ${Math.round(performance.now() - start)} ms`)
    t.match(await world.post('/Auth/Verify', { ...person('n0'), VerifyCode: '000000' }), { body: { Code: 521 } })

    behaves = true
    // Where a connection never ends by itself, those there are must not stand in the way of the next ones.
    if (stall !== stalls[ENDLESS]) for (const socket of smtp.sockets) socket.destroy()
    smtp.lines.length = 0
    // One look may be under way over a connection that was just ended.
    await until(async () => (await world.app.breakers.get('Mail')?.look())?.error === undefined)
    for (const name of names) t.match(await world.post('/Auth/Sign', person(name)), { body: { Code: 200 } }, `${name}: again`)
    // Nothing tells that a mail will never come: half a second is ten times what the library waits before it tries again.
    await sleep(500)
    const sent = smtp.lines.filter(line => line.startsWith('RCPT')).map(line => line.replace(/.*<(.*)>.*/, '$1'))
    t.strictSame(sent.sort(), names.map(name => person(name).Email), 'a mail that was given up on, whose code is void, is not sent after all')
  })
}
