import type { Socket } from 'node:net'
import t, { type Test } from 'tap'
import type { Overrides } from '../../plugins/services.ts'
import { build, deployment, modes, type Mode, type World } from '../helper.ts'
import { startCourier } from '../support/courier.ts'
import { network, until } from '../support/faults.ts'
import { persistently } from '../support/patience.ts'
import { createNotices, mailOf } from '../../src/notices.ts'
import { createOutbox, type Outbox } from '../../src/outbox.ts'
import { preciseDateTime } from '../../src/stores/database.ts'
import { createNoticeStore, rowOf } from '../../src/stores/notices.ts'
import { createOwnAccountStore } from '../../src/stores/own-account.ts'
import { freePort } from '../support/services.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const alice = 'alice@example.com'

async function member ({ app }: World): Promise<void> {
  await persistently(() => app.database.insertInto('Users').values({ UserID: 1, UserName: 'Alice', NameKey: 'alice', Email: alice, EmailKey: alice, Password: 'none', TokenVersion: 1 }).execute())
}

const pending = async ({ rows }: World): Promise<number> => (await persistently(() => rows('SELECT NoticeID FROM PendingNotices'))).length
const tell = ({ app }: World, network = '203.0.113.7'): void => { app.notices.tell('new_network', 'en', { to: alice, at: Date.now(), network }, 1) }

/** Another process on the same database: in embedded mode, where there is none, all of it but the process. */
async function another (t: Test, mode: Mode, first: World, settings: Record<string, string>, overrides: Overrides = {}): Promise<Outbox> {
  if (mode === 'server') return (await build(t, mode, settings, overrides)).app.outbox
  const { app } = first
  const outbox = createOutbox({ store: createNoticeStore(app.database), mailer: app.mailer, mailOf: notice => mailOf(notice, app.mails.noticeMail), reachable: () => true }, app.log, overrides.wallClock ?? Date.now)
  t.teardown(() => outbox.close())
  return outbox
}

/** Changes a password as somebody does whose session has this version. */
function changePassword ({ app }: World, tokenVersion: number): Promise<boolean> {
  const notice = app.notices.compose('password_changed', 'en', { to: alice, at: Date.now() }, 1)
  return createOwnAccountStore(app.database).changePassword({ id: 1, tokenVersion, password: 'another', keep: 'none' }, notice)
}

t.jobs = 2

for (const mode of modes) {
  t.test(`${mode}: four processes that look at once at two hundred notices mail each of them once`, { buffered: true }, async t => {
    const courier = await startCourier(t)
    const settings = { ...await deployment(t, mode), ...courier.settings }
    const world = await build(t, mode, settings)
    await member(world)
    const notices = createNotices({ ...world.app.outbox, hasRoom: () => false }, Date.now)
    const store = createNoticeStore(world.app.database)
    for (let i = 0; i < 200; i++) await persistently(() => store.insert(notices.compose('new_network', 'en', { to: alice, at: Date.now(), network: `203.0.113.${i}` }, 1)))
    const others = await Promise.all([1, 2, 3].map(() => another(t, mode, world, settings)))
    const outboxes = [world.app.outbox, ...others]
    await until(async () => {
      await Promise.all(outboxes.map(outbox => persistently(() => outbox.look())))
      return await pending(world) === 0
    }, 30_000)
    t.equal(courier.taken.length, 200)
    t.equal(new Set(courier.offered).size, 200, 'none was offered twice')
    t.equal(outboxes.reduce((sum, { outcomes }) => sum + outcomes.delivered, 0), 200)
    t.ok(others.some(({ outcomes }) => outcomes.delivered > 0), 'not by one of them alone')
  })

  t.test(`${mode}: a mail server that is away for an hour, and a restart meanwhile, make a notice late; it comes once`, { buffered: true }, async t => {
    const port = await freePort()
    const settings = { ...await deployment(t, mode), EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(port), EMAIL_SENDER: 'noreply@dream.example', EMAIL_SMTP_INSECURE: 'true' }
    const first = await build(t, mode, settings)
    await member(first)
    t.equal(await changePassword(first, 1), true)
    tell(first)
    await until(async () => first.app.breakers.get('Mail')?.state() === 'open' && await pending(first) === 2)
    await first.app.close()
    const courier = await startCourier(t, port)
    const second = await build(t, mode, settings, { wallClock: () => Date.now() + HOUR })
    await until(async () => await pending(second) === 0)
    await persistently(() => second.app.outbox.look())
    t.equal(courier.taken.length, 2)
    t.equal(new Set(courier.taken).size, 2)
  })

  t.test(`${mode}: D6: however many notices have become too old, the next look for them deletes them all, and no other, though the clock of the process be a day ahead`, { buffered: true }, async t => {
    const port = await freePort()
    const settings = { ...await deployment(t, mode), EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(port), EMAIL_SENDER: 'noreply@dream.example', EMAIL_SMTP_INSECURE: 'true' }
    const first = await build(t, mode, settings)
    await member(first)
    const ago = createNotices({ ...first.app.outbox, hasRoom: () => false }, () => Date.now() - 23 * HOUR)
    const old = Array.from({ length: 1_100 }, () => ({ ...rowOf(ago.compose('password_changed', 'en', { to: alice, at: Date.now() }, 1)), DueAt: preciseDateTime(Date.now() + HOUR) }))
    await persistently(() => first.app.database.insertInto('PendingNotices').values(old).execute())
    await persistently(() => createNoticeStore(first.app.database).insert(createNotices({ ...first.app.outbox, hasRoom: () => false }, Date.now).compose('password_changed', 'en', { to: alice, at: Date.now() }, 1)))
    await first.app.close()
    const second = await build(t, mode, settings, { wallClock: () => Date.now() + 24 * HOUR })
    await until(async () => second.app.outbox.outcomes.expired === 1_100, 20_000)
    t.equal(await pending(second), 1)
    t.match(second.log(), /1100 notices could not be mailed within a day/)
  })

  t.test(`${mode}: S1: a process that stops leaves what it has not begun to the next one, at once`, { buffered: true }, async t => {
    const courier = await startCourier(t)
    const settings = { ...await deployment(t, mode), ...courier.settings }
    const first = await build(t, mode, settings)
    await member(first)
    courier.says = line => line?.startsWith('RCPT') === true ? '' : undefined
    for (let i = 0; i < 8; i++) tell(first)
    await until(async () => courier.lines.filter(line => line.startsWith('RCPT')).length === 2 && await pending(first) === 8)
    await first.app.close()
    courier.says = () => undefined
    courier.lines.length = 0
    const second = await build(t, mode, settings)
    await until(async () => courier.taken.length >= 6 && await pending(second) === 2)
    await second.pass(2 * MINUTE)
    await persistently(() => second.app.outbox.look())
    // What was under way comes when its claim is over.
    await until(async () => courier.taken.length === 8)
    t.equal(new Set(courier.taken).size, 8)
  })

  t.test(`${mode}: D6: a clock that jumps while a notice is being mailed has nobody mail it again, and one that jumps back makes it no later than that`, { buffered: true }, async t => {
    const courier = await startCourier(t)
    const settings = { ...await deployment(t, mode), ...courier.settings }
    const world = await build(t, mode, settings)
    await member(world)
    let held: Socket | undefined
    courier.says = (line, socket) => {
      if (line?.startsWith('RCPT') !== true || courier.lines.filter(each => each.startsWith('RCPT')).length > 1) return undefined
      held = socket
      return ''
    }
    tell(world)
    await until(async () => courier.lines.some(line => line.startsWith('RCPT')))
    const ahead = await another(t, mode, world, settings, { wallClock: () => Date.now() + HOUR })
    await persistently(() => ahead.look())
    // The one ahead holds the claim for over, and is the first to hand it over.
    await until(async () => courier.taken.length === 1)
    held?.write('250 ok\r\n')
    // It hangs up rather than send the end.
    await until(async () => held?.destroyed === true || courier.offered.length > 1)
    t.equal(courier.offered.length, 1, 'the one behind did not send the end')
    t.equal(courier.lines.filter(line => line === 'DATA').length, 2, 'though all the rest')
    await until(async () => await pending(world) === 0)
    t.equal(world.app.outbox.outcomes.delivered + ahead.outcomes.delivered, 1)

    courier.says = line => line === '.' ? '451 later' : undefined
    tell(world)
    await until(async () => world.app.outbox.outcomes.deferred === 1)
    await until(async () => (await persistently(() => world.rows('SELECT Claim FROM PendingNotices')))[0]?.Claim === null)
    courier.says = () => undefined
    await world.pass(-HOUR)
    await persistently(() => world.app.outbox.look())
    t.equal(courier.taken.length, 1)
    await world.pass(HOUR + MINUTE)
    await persistently(() => world.app.outbox.look())
    await until(async () => courier.taken.length === 2)
  })

  t.test(`${mode}: what was not changed is not told`, { buffered: true }, async t => {
    const world = await build(t, mode)
    const { database, notices } = world.app
    await member(world)
    t.equal(await changePassword(world, 7), false)
    await database.insertInto('Users').values({ UserID: 2, UserName: 'Bob', NameKey: 'bob', Email: 'bob@example.com', EmailKey: 'bob@example.com', Password: 'none' }).execute()
    const notice = notices.compose('email_changed', 'en', { to: alice, at: Date.now(), newEmail: 'bob@example.com', until: Date.now() }, null)
    t.equal(await createOwnAccountStore(database).changeEmail({ id: 1, tokenVersion: 1, from: alice, to: 'bob@example.com', reservedUntil: Date.now() }, notice), 'taken')
    t.equal(await pending(world), 0)
  })

  t.test(`${mode}: V1: a deletion takes the account's notices along, but for its own and those to an address that the account has left`, { buffered: true }, async t => {
    const port = await freePort()
    const settings = { ...await deployment(t, mode), EMAIL_SMTP_SERVER: '127.0.0.1', EMAIL_SMTP_PORT: String(port), EMAIL_SENDER: 'noreply@dream.example', EMAIL_SMTP_INSECURE: 'true' }
    const world = await build(t, mode, settings)
    const { app } = world
    await member(world)
    const own = createOwnAccountStore(app.database)
    tell(world)
    await changePassword(world, 1)
    const at = Date.now()
    await own.changeEmail({ id: 1, tokenVersion: 2, from: alice, to: 'mallory@example.org', reservedUntil: at }, app.notices.compose('email_changed', 'en', { to: alice, at, newEmail: 'mallory@example.org', until: at }, null))
    await until(async () => await pending(world) === 3)
    t.match((await world.rows("SELECT Details FROM PendingNotices WHERE Kind = 'email_changed'")), [{ Details: /"newEmail":"m\*\*\*@example\.org"/ }], 'no more of the new address than is shown')
    t.equal(await own.remove(1, app.events.compose({ type: 'deletion', outcome: 'success' }), app.notices.compose('account_deleted', 'en', { to: 'mallory@example.org', at }, null)), 'removed')
    t.match(await world.rows('SELECT Kind, UserID, Email FROM PendingNotices ORDER BY NoticeID'), [{ Kind: 'email_changed', UserID: null, Email: alice }, { Kind: 'account_deleted', UserID: null }])
    tell(world)
    await app.close()
    t.equal(await pending(await build(t, mode, settings)), 2, 'a login that was under way tells nothing of an account that is gone')
  })
}

t.test('server: a change whose commit is lost is told where it was made, and not where it was not', { skip: !modes.includes('server') && 'embedded mode has no network that could lose it' }, async t => {
  const net = await network(t, Number(process.env.TEST_DB_PORT))
  const world = await build(t, 'server', { DB_PORT: String(net.port) })
  await member(world)
  const passwordIs = async (password: string): Promise<boolean> => (await persistently(() => world.rows('SELECT Password FROM Users WHERE UserID = 1')))[0]?.Password === password
  for (const [moment, changed] of [['before', false], ['after', true]] as const) {
    net.when('commit', moment, net.cut)
    t.match(await changePassword(world, 1).catch((error: unknown) => error), { key: 'DatabaseUnavailable' })
    await until(async () => await passwordIs(changed ? 'another' : 'none'))
    t.equal(await pending(world), changed ? 1 : 0, moment)
  }
  await world.pass(2 * MINUTE)
  await persistently(() => world.app.outbox.look())
  await until(async () => (await world.mails()).length > 0)
  t.match((await world.mails()).map(({ subject }) => subject), [/password was changed/])
})
