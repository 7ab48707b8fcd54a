import { setImmediate as nextTurn } from 'node:timers/promises'
import pretty from 'pino-pretty'
import PostalMime from 'postal-mime'
import t, { type Test } from 'tap'
import { createLog } from '../../src/log.ts'
import { build, digest, modes, type Mode, type World } from '../helper.ts'
import { patiently } from '../support/patience.ts'
import { startCollector, type Collector } from '../support/collector.ts'
import { METRICS_TOKEN, scrape } from '../support/metrics.ts'
import { politely, startScriptedSmtp } from '../support/smtp.ts'
import { exchange } from '../support/wire.ts'

const ESCAPE = '\u001b[2J\u001b]0;owned\u0007'
const FORGED = '{"level":60,"msg":"forged"}'
const PASSWORD = 'correct horse battery staple'
const alice = { Name: 'Alice', Email: 'alice.secretive@example.com', Password: digest(PASSWORD) }

interface Target { world: World, collector: Collector, secrets: Record<string, string> }

/** A service that says all it ever says, to a log, in metrics and in spans, behind a proxy that it trusts; and what it must not say. */
async function target (t: Test, mode: Mode, settings: Record<string, string> = {}): Promise<Target> {
  const collector = await startCollector(t)
  const world = await build(t, mode, { LOG_LEVEL: 'trace', METRICS_TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRUST_PROXY: '127.0.0.1', ...settings })
  await patiently(() => world.post('/Auth/Sign', alice))
  const code = await world.codeFor(alice.Email)
  await world.post('/Auth/Verify', { ...alice, VerifyCode: code })
  const token = await world.login(alice)
  return { world, collector, secrets: { password: PASSWORD, digest: alice.Password, upper: alice.Password.toUpperCase(), code, token, address: alice.Email, encoded: encodeURIComponent(alice.Email), scrapes: METRICS_TOKEN } }
}

/** Nothing of the secrets anywhere, and every line of the log is one of ours: as JSON, and as a terminal shows it. */
async function tellsNothing (t: Test, { world, collector, secrets }: Target): Promise<void> {
  const { text: metrics } = await scrape(world)
  await world.app.close()
  const lines = world.log().trim().split('\n')
  const shown = lines.map(line => pretty.prettyFactory({ colorize: false, translateTime: 'SYS:HH:MM:ss' })(line)).join('')
  const said = { log: world.log(), terminal: shown, metrics, spans: collector.raw() }
  for (const [where, text] of Object.entries(said)) {
    t.not(text, '', `there is something in ${where}`)
    for (const [what, secret] of Object.entries(secrets)) {
      // A code may stand by chance in a longer number.
      const found = what === 'code' ? new RegExp(`(?<![0-9a-f.])${secret}(?![0-9a-f])`).test(text) : text.includes(secret)
      t.notOk(found, `no ${what} in ${where}`)
    }
    for (const control of ['\u0007', '\u001b', '\\u001b']) t.notOk(text.includes(control), `nothing that a terminal obeys in ${where}`)
    t.notMatch(text, /eyJ[\w-]+\.[\w-]+/, `no token in ${where}`)
  }
  for (const line of lines) if (JSON.parse(line).msg === 'forged') t.fail(`a forged line: ${line}`)
  t.notMatch(shown, /^\[[^\]]*\] \w+ \(\d+\): forged/m)
}

/** Places in a request that a client fills, each with the same. */
async function everywhere ({ app, ask }: World, secret: string): Promise<void> {
  const header = secret.replace(/[^\x20-\x7e]/g, ' ').trim()
  const names = ['user-agent', 'cookie', 'authorization', 'x-request-id', 'traceparent', 'tracestate', 'baggage', 'x-forwarded-for', 'x-forwarded-host', 'host', 'accept-language', 'origin', 'referer', 'accept', 'x-custom']
  const encoded = encodeURIComponent(secret)
  const bodies = [{ Email: secret, Password: secret }, { Email: alice.Email, Password: secret }, { [secret]: secret }, { Name: secret, Email: secret, Password: secret, VerifyCode: secret }, secret, [secret], `{"Email":"${secret}`, `${secret}`]
  for (const url of [`/${encoded}`, `/Auth/Login/${encoded}?x=${encoded}`, `/%zz/${encoded}`, `/auth/sessions/${encoded}`, `/dev/mailbox.json?To=${encoded}`, `/health?${encoded}`, `/docs/static/${encoded}`]) await ask('GET', url, undefined)
  for (const body of bodies) for (const route of ['/Auth/Login', '/Auth/Sign', '/Auth/Verify', '/Auth/UpdatePassword']) await ask('POST', route, body)
  for (const name of names) {
    await ask('POST', '/Auth/Login', { Email: alice.Email, Password: digest('wrong') }, { headers: { [name]: header }, from: '127.0.0.1' })
    await ask('GET', '/CheckJWTToken', undefined, { headers: { [name]: `Bearer ${header}` } })
  }
  await ask('POST', '/Auth/Login', { Email: secret }, { headers: { 'content-type': `application/json; charset=${header}` } })
  await app.events.flush()
  await nextTurn()
}

for (const mode of modes) {
  t.test(`${mode}: G2, G3: what a client puts in any place of a request shows neither in the log nor in metrics nor in spans`, async t => {
    const attacked = await target(t, mode)
    const { password, digest, code, token, address } = attacked.secrets
    for (const secret of [password, digest, code, token, address, `${address}\r\n${FORGED}\n${ESCAPE}`]) await everywhere(attacked.world, secret ?? '')
    await tellsNothing(t, attacked)
  })

  t.test(`${mode}: G2, G3: nor does what comes over the wire and is no request, or breaks off in one`, async t => {
    const attacked = await target(t, mode)
    const { digest, code, token, address } = attacked.secrets
    const port = Number(new URL(await attacked.world.app.listen({ port: 0, host: '127.0.0.1' })).port)
    const words = `${digest} ${code} ${token} ${address} ${ESCAPE}`
    for (const bytes of [
      `${words}\r\n\r\n`,
      `GET /${words} HTTP/1.1\r\nhost: x\r\n\r\n`,
      `POST /Auth/Login HTTP/1.1\r\nhost: x\r\nx-request-id: ${digest}\r\nx-request-id: ${token}\r\ncontent-type: application/json\r\ncontent-length: 9999\r\nconnection: close\r\n\r\n{"Password":"${words}`,
      `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: aaaaaaaaaaaaaaaaaaaaaaaa\n${FORGED}\r\nconnection: close\r\n\r\n`,
      `GET / HTTP/1.1\r\nhost: x\r\nx-request-id: aaaaaaaaaaaaaaaa${ESCAPE}\r\nconnection: close\r\n\r\n`,
      `POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n${words}`
    ]) await exchange(port, bytes, { hangUp: true })
    await tellsNothing(t, attacked)
  })

  t.test(`${mode}: G2, G3: nor does what the database repeats in its refusal`, async t => {
    const attacked = await target(t, mode)
    const { world, secrets: { digest, code, address } } = attacked
    const [{ Password } = {}] = await world.rows('SELECT Password FROM Users')
    const refusal = `value ${String(Password)} of ${String(address)} (${code}): ${digest}`.slice(0, mode === 'server' ? 128 : 1_000)
    await world.rows(mode === 'embedded'
      ? `CREATE TRIGGER Refuse BEFORE UPDATE ON Users BEGIN SELECT RAISE(ABORT, '${refusal}'); END`
      : `CREATE TRIGGER Refuse BEFORE UPDATE ON Users FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${refusal}'`)
    await world.pass(61_000)
    await world.post('/Auth/ResetPassword', { Email: alice.Email })
    const other = await world.codeFor(alice.Email)
    t.match(await world.post('/Auth/UpdatePassword', { Email: alice.Email, Password: alice.Password, VerifyCode: other }), { status: 500 })
    t.match(world.log(), /value \*\*\*/, 'the rest of it is logged')
    t.notMatch(world.log(), /\$pbkdf2/)
    await tellsNothing(t, { ...attacked, secrets: { ...attacked.secrets, other: `(${other})`, stored: String(Password) } })
  })
}

t.test('G2, G3: nor does what a mail server repeats of a mail in its refusal, whatever a terminal would make of it', async t => {
  const collector = await startCollector(t)
  let mail: string[] = []
  const codes = new Set<string>()
  const smtp = await startScriptedSmtp(t, line => {
    if (line !== undefined) mail.push(line)
    if (line === 'DATA') mail = []
    if (line !== '.') return politely(line)
    const [code = ''] = /\b\d{6}\b/.exec(mail.slice(mail.indexOf('')).join('\n')) ?? []
    codes.add(code)
    return `550-no: ${code} is for <${alice.Email}>\r\n550 ${ESCAPE} ${alice.Password}\r`
  })
  const world = await build(t, 'embedded', { ...smtp.settings, LOG_LEVEL: 'trace', METRICS_TOKEN, OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint })
  t.match(await world.post('/Auth/Sign', alice), { body: { Code: 518 } })
  t.match([...codes], [/^\d{6}$/])
  t.match(world.log(), /550.*is for/, 'the cause is logged')
  await tellsNothing(t, { world, collector, secrets: { address: alice.Email, digest: alice.Password, code: [...codes].join() } })
})

for (const language of ['zh', 'en']) {
  t.test(`G2: nor does what a mail server repeats of a mail as it came (${language}): of its head, or encoded`, async t => {
    let mail: string[] = []
    const smtp = await startScriptedSmtp(t, line => {
      if (line !== undefined) mail.push(line)
      if (line === 'DATA') mail = []
      return line === '.' ? mail.slice(1, 60).map(each => `550-${each}\r\n`).join('') + '550 no\r' : politely(line)
    })
    const world = await build(t, 'embedded', smtp.settings)
    t.match(await world.post('/Auth/Sign', alice, { headers: { 'accept-language': language } }), { body: { Code: 518 } })
    const { text = '' } = await PostalMime.parse(mail.join('\n'))
    const [code = ''] = /\b\d{6}\b/.exec(text) ?? []
    t.match(code, /^\d{6}$/)
    t.match(world.log(), /550/, 'the cause is logged')
    t.notMatch(world.log(), code)
    for (const [word] of world.log().matchAll(/[A-Za-z0-9+/]{16,}/g)) t.notMatch(Buffer.from(word, 'base64').toString(), code, word)
  })
}

t.test('G2: a secret is known for one whatever it stands next to', async t => {
  const lines: string[] = []
  const log = createLog('info', { write: line => { lines.push(line) } })
  const token = `eyJhbGciOiJIUzI1NiJ9.${'eyJzdWIiOiIxIn0'.repeat(5)}.c2lnbmF0dXJl`
  for (const secret of [alice.Password, token]) {
    for (const text of [secret, `Bearer%20${secret}`, `token%3D${secret}`, `\\n${secret}`, `x${secret}`, `${alice.Password.repeat(5)}${secret}`]) log.error({ err: new Error(text), text }, text)
  }
  t.equal(lines.length, 12)
  for (const line of lines) {
    t.notMatch(line, alice.Password)
    t.notMatch(line, /eyJ|c2lnbmF0dXJl/)
  }
})

t.test('I3: no text takes long to be looked through', async t => {
  const log = createLog('info', { write: () => {} })
  const most = 100_000
  const hostile = ['eyJ', 'eyJ-', 'eyJa.', 'a', 'a@', '@', '%40', 'a%40', '$argon2id$', '0', '0x', 'abcdef0123', '=?a?b?', '=?', '=', '123456', '1 ', ' ', '\u202e', '/', 'a/', 'A+', '\n    at ', '\n']
  for (const text of hostile) {
    const whole = text.repeat(most / text.length)
    const start = process.cpuUsage()
    log.error({ err: new Error(whole), whole }, whole)
    const { user, system } = process.cpuUsage(start)
    t.ok(user + system < 250_000, `${JSON.stringify(text)}: ${Math.round((user + system) / 1000)} ms`)
  }
})

for (const mode of modes) {
  t.test(`${mode}: G2: an event that goes to the log because the database is away shows nothing of what the client called itself`, async t => {
    const attacked = await target(t, mode)
    const { world, secrets: { digest, code, token, address } } = attacked
    await world.app.events.flush()
    await world.rows(mode === 'embedded' ? 'ALTER TABLE Events RENAME TO Elsewhere' : 'RENAME TABLE Events TO Elsewhere')
    for (const agent of [digest, code, token, address]) await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }, { headers: { 'user-agent': `Dream (${agent})` } })
    await world.app.events.flush()
    t.match(world.log(), /event not stored/)
    await tellsNothing(t, attacked)
  })
}
