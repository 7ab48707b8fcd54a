import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import { bearer, build, digest, modes, type Mode, type World } from '../helper.ts'
import type { PendingNoticesTable } from '../../src/stores/database.ts'
import { rowOf } from '../../src/stores/notices.ts'
import { answering, startCourier, type Courier } from '../support/courier.ts'
import { until } from '../support/faults.ts'
import { persistently } from '../support/patience.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }

interface Scene { world: World, courier: Courier }

/** A service with an account, and a mail server that has been good so far. */
async function scene (t: Test, mode: Mode): Promise<Scene> {
  const courier = await startCourier(t)
  const world = await build(t, mode, { ...courier.settings, NOTIFY_NEW_NETWORK: 'false' })
  await persistently(() => world.app.database.insertInto('Users').values({ UserID: 1, UserName: alice.Name, Email: alice.Email, EmailKey: alice.Email, NameKey: 'alice', Password: 'none' }).execute())
  return { world, courier }
}

const tell = ({ world }: Scene, network = '203.0.113.7'): void => { world.app.notices.tell('new_network', 'en', { to: alice.Email, at: Date.now(), network }, 1) }
const rows = ({ world }: Scene): Promise<Array<Record<string, unknown>>> => persistently(() => world.rows('SELECT Kind, Attempts, Claim, HandedOverAt FROM PendingNotices ORDER BY NoticeID'))
const settled = (of: Scene, outcome: keyof World['app']['outbox']['outcomes'], count = 1): Promise<unknown> => until(async () => of.world.app.outbox.outcomes[outcome] >= count)
const empty = (of: Scene): Promise<unknown> => until(async () => (await rows(of)).length === 0)

/** Time goes by, and what is due then is mailed: by this look, or by one of those that come every few seconds. */
async function later ({ world }: Scene, ms: number): Promise<void> {
  await world.pass(ms)
  await world.app.breakers.get('Mail')?.look()
  await persistently(() => world.app.outbox.look())
}

function hangUp (socket: Socket): string {
  socket.destroy()
  return ''
}

// They wait most of the time, so they wait together.
t.jobs = 3

for (const mode of modes) {
  t.test(`${mode}: a notice is mailed at once and once, under a name of its own, and nothing is left of it`, { buffered: true }, async t => {
    const courier = await startCourier(t)
    const world = await build(t, mode, courier.settings)
    const codeOf = (): string => /\b\d{6}\b/.exec(Buffer.from(/=\?UTF-8\?B\?([^?]+)\?=\s*$/i.exec(courier.lines.findLast(line => /\?B\?.*\?=$/i.test(line)) ?? '')?.[1] ?? '', 'base64').toString())?.[0] ?? 'none'
    await world.post('/Auth/Sign', alice)
    await world.post('/Auth/Verify', { ...alice, VerifyCode: codeOf() })
    const token = await world.login(alice)
    t.match(await world.post('/Auth/ChangePassword', { OldPassword: alice.Password, NewPassword: digest('another horse') }, bearer(token)), { body: { Code: 200 } })
    await settled({ world, courier }, 'delivered')
    await empty({ world, courier })
    t.equal(courier.taken.length, 2)
    t.match(courier.taken[1], /^<[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}@dream\.example>$/)
    await later({ world, courier }, 25 * HOUR)
    t.equal(courier.taken.length, 2)
  })

  t.test(`${mode}: D4: what the mail server does not take now is tried again, later each time, and delivered once`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    const { outcomes } = world.app.outbox
    for (const [step, answer] of [[undefined, '421 too busy'], [undefined, '554 no service here'], ['MAIL', '451 later'], ['RCPT', '450 greylisted'], ['DATA', '451 later'], ['.', '452 disk full']] as const) {
      const what = `"${answer}" to ${step ?? 'the connection'}`
      const before = outcomes.deferred
      const offered = courier.offered.length
      courier.says = answering(step, answer)
      if (step === undefined) for (const socket of courier.sockets) socket.destroy()
      tell(of)
      await settled(of, 'deferred', before + 1)
      await until(async () => (await rows(of))[0]?.Claim === null)
      t.match(await rows(of), [{ Attempts: 1, HandedOverAt: null }], what)
      await later(of, 0)
      t.equal(outcomes.deferred, before + 1, `${what}: not at once`)
      await later(of, MINUTE)
      await settled(of, 'deferred', before + 2)
      await until(async () => (await rows(of))[0]?.Claim === null)
      await later(of, MINUTE)
      t.equal(outcomes.deferred, before + 2, `${what}: the second pause is longer`)
      const taken = courier.taken.length
      courier.says = () => undefined
      await later(of, 3 * MINUTE)
      await empty(of)
      t.equal(courier.taken.length, taken + 1, `${what}: delivered`)
      t.equal(new Set(courier.offered.slice(offered)).size, 1, `${what}: under one name`)
    }
    t.match(world.log(), /a notice could not be mailed now: it is tried again/)
  })

  t.test(`${mode}: D4, G2: what the mail server refuses for good is never sent again, and the log says so without the address`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    const refusals = [['MAIL', '550 not you'], ['RCPT', '550 no such user alice@example.com'], ['DATA', '554 no'], ['.', '552 spam 123456']] as const
    for (const [i, [step, answer]] of refusals.entries()) {
      courier.says = answering(step, answer)
      tell(of)
      await settled(of, 'refused', i + 1)
      await empty(of)
    }
    courier.says = () => undefined
    await later(of, HOUR)
    t.strictSame(courier.taken, [])
    t.match(world.log(), /"level":40.*"kind":"new_network","userId":1,"domain":"example\.com".*a notice was refused by the mail server/)
    t.notMatch(world.log(), /alice@|123456/)
  })

  t.test(`${mode}: a mail server that takes the mail, and hangs up or is silent before it says so, has the notice once`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    courier.says = (line, socket) => line === '.' ? hangUp(socket) : undefined
    tell(of)
    await settled(of, 'unknown')
    courier.says = answering('.', '')
    tell(of)
    await until(async () => world.app.outbox.outcomes.unknown === 2, 20_000)
    await empty(of)
    courier.says = () => undefined
    await later(of, HOUR)
    await later(of, 23 * HOUR)
    t.equal(courier.offered.length, 2)
    t.equal(new Set(courier.offered).size, 2)
    t.match(world.log(), /"level":40.*a notice may have been delivered or not/)
  })

  t.test(`${mode}: a mail server that hangs up before it was given a mail has it afterwards, and once`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    for (const [i, step] of ['MAIL', 'RCPT', 'DATA'].entries()) {
      courier.says = (line, socket) => line?.startsWith(step) === true ? hangUp(socket) : undefined
      tell(of)
      await settled(of, 'deferred', i + 1)
      courier.says = () => undefined
      await until(async () => (await rows(of))[0]?.Claim === null)
      await later(of, MINUTE)
      await empty(of)
      t.equal(courier.taken.length, i + 1, step)
    }
    // In the midst of a mail nobody can know how much of it is on the way: it may have its end by now.
    courier.says = (line, socket) => line?.startsWith('Subject:') === true ? hangUp(socket) : undefined
    tell(of)
    await until(async () => world.app.outbox.outcomes.deferred + world.app.outbox.outcomes.unknown === 4)
    courier.says = () => undefined
    await later(of, MINUTE)
    await later(of, MINUTE)
    await empty(of)
    t.equal(courier.taken.length, new Set(courier.taken).size)
  })

  t.test(`${mode}: while the mail server is known dead nothing is tried, and no attempt counted; afterwards each notice goes out once`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    await courier.close()
    tell(of)
    await until(async () => world.app.breakers.get('Mail')?.state() === 'open')
    for (let i = 0; i < 20; i++) tell(of, `203.0.113.${i}`)
    await until(async () => (await rows(of)).length === 21)
    for (let hour = 0; hour < 3; hour++) await later(of, HOUR)
    t.equal((await rows(of)).length, 21)
    t.same((await rows(of)).map(({ Attempts }) => Number(Attempts)).reduce((sum, each) => sum + each), 1, 'the one that found it out')
    const back = await startCourier(t, Number(courier.settings.EMAIL_SMTP_PORT))
    await until(async () => (await world.app.breakers.get('Mail')?.look())?.error === undefined)
    await later(of, 0)
    await empty(of)
    t.equal(back.taken.length, 21)
    t.equal(new Set(back.taken).size, 21)
  })

  t.test(`${mode}: I6, I7: rows that nobody can read keep no other notice waiting, and what is no address gets no mail`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    const { notices, database } = world.app
    const row = (change: Partial<PendingNoticesTable>): PendingNoticesTable => ({ ...rowOf({ ...notices.compose('password_changed', 'en', { to: alice.Email, at: Date.now() }, 1), claim: null, dueAt: 0 }), ...change })
    const odd = [{ Kind: 'of_a_later_version' }, { Details: 'null' }, { Details: '{"at":1e300}' }, { Language: 'tlh' }, ...['', 'a@example.com, eve@example.com', 'a@example.com>\r\nRCPT TO:<eve@example.com', 'a@example.com\r\nBcc: eve@example.com'].map(Email => ({ Email }))]
    const unreadable = Array.from({ length: 200 }, () => row({ Details: '{"at":' }))
    await persistently(() => database.insertInto('PendingNotices').values([...unreadable, ...odd.map(row)]).execute())
    await persistently(() => world.app.outbox.look())
    // The one in a language that there is not is mailed in ours.
    await until(async () => courier.taken.length > 0)
    tell(of)
    await until(async () => courier.taken.length > 1)
    t.strictSame([...new Set(courier.lines.filter(line => /^(RCPT|Bcc)/.test(line)))], [`RCPT TO:<${alice.Email}>`])

    const found = (): number[] => [...world.log().matchAll(/"notices":\["[0-9a-f-]{36}".*?(\d+) notices cannot be read/g)].map(([, count]) => Number(count))
    await until(async () => found().reduce((sum, count) => sum + count, 0) >= 205)
    // Their claims are over, and they are found once more.
    await later(of, 2 * MINUTE)
    t.equal(found().reduce((sum, count) => sum + count, 0), 205, 'each is told of once')
    t.ok(found().length < 10, 'and many in one line')
    await persistently(() => database.updateTable('PendingNotices').set({ Details: `{"at":${Date.now()}}` }).where('Details', '=', 'null').execute())
    await later(of, 2 * MINUTE)
    await until(async () => courier.taken.length > 2)
  })

  t.test(`${mode}: K7: a code does not wait behind notices, however many there are and however slow the mail server is with them`, { buffered: true }, async t => {
    const of = await scene(t, mode)
    const { world, courier } = of
    let held: Socket[] = []
    courier.says = (line, socket) => {
      if (line?.startsWith(`RCPT TO:<${alice.Email}>`) !== true) return undefined
      held.push(socket)
      return ''
    }
    for (let i = 0; i < 30; i++) tell(of, `203.0.113.${i}`)
    await until(async () => held.length === 2 && (await rows(of)).length === 30)
    for (let i = 0; i < 6; i++) t.match(await world.post('/Auth/Sign', { ...alice, Name: `n${i}`, Email: `n${i}@example.com` }), { body: { Code: 200 } })
    t.equal(held.length, 2, 'no more than two are on their way')
    t.equal(courier.taken.length, 6, 'the codes alone')
    courier.says = () => undefined
    for (const socket of held) socket.write('250 ok\r\n')
    held = []
    await until(async () => {
      await persistently(() => world.app.outbox.look())
      return (await rows(of)).length === 0
    }, 20_000)
    t.equal(courier.taken.length, 36)
    t.equal(new Set(courier.taken).size, 36)
  })
}
