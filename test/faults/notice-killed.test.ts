import { join } from 'node:path'
import Sqlite from 'libsql'
import { createConnection } from 'mysql2/promise'
import t, { type Test } from 'tap'
import { deployment, digest, modes, type Mode } from '../helper.ts'
import { startCourier } from '../support/courier.ts'
import { network, until } from '../support/faults.ts'
import { ask, serve } from '../support/program.ts'

const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
/** An account that is there from the start, so that no code has to be mailed. */
const settingsOf = async (t: Test, mode: Mode): Promise<Record<string, string>> => ({ ...await deployment(t, mode), BOOTSTRAP_ADMIN_EMAIL: alice.Email, BOOTSTRAP_ADMIN_PASSWORD: alice.Password, NOTIFY_NEW_NETWORK: 'false' })

/** Asks the database beside the service. */
async function statement (mode: Mode, settings: Record<string, string>, sql: string): Promise<Array<Record<string, unknown>>> {
  if (mode === 'embedded') {
    const database = new Sqlite(join(String(settings.DATA_DIR), 'dream.db'), { timeout: 30_000 })
    try {
      const prepared = database.prepare(sql)
      return prepared.reader ? prepared.all().map(row => ({ ...Object(row) })) : [{ changes: prepared.run().changes }]
    } finally {
      database.close()
    }
  }
  const connection = await createConnection({ host: '127.0.0.1', port: Number(process.env.TEST_DB_PORT), user: 'root', database: String(settings.DB_NAME), dateStrings: true })
  try {
    const [rows] = await connection.query(sql)
    return Array.isArray(rows) ? rows.map(row => ({ ...Object(row) })) : []
  } finally {
    await connection.end()
  }
}

/** Changes the password, which is told by a mail. */
async function change (url: string, from = alice.Password, to = digest('another horse')): Promise<unknown> {
  const { body: { Token } } = await ask(`${url}/Auth/Login`, { Email: alice.Email, Password: from })
  return ask(`${url}/Auth/ChangePassword`, { OldPassword: from, NewPassword: to }, { authorization: `Bearer ${String(Token)}` })
}

const left = (mode: Mode, settings: Record<string, string>) => statement(mode, settings, 'SELECT NoticeID, HandedOverAt FROM PendingNotices')
const endClaims = (mode: Mode, settings: Record<string, string>) => statement(mode, settings, "UPDATE PendingNotices SET DueAt = '2020-01-01 00:00:00.000'")

t.jobs = 2

for (const mode of modes) {
  t.test(`${mode}: S2: SIGKILL when the mail server has taken a notice and before it has said so: it is not sent again`, { buffered: true }, async t => {
    const settings = await settingsOf(t, mode)
    const courier = await startCourier(t)
    const first = serve(t, { ...settings, ...courier.settings })
    courier.says = line => {
      if (line !== '.') return undefined
      first.child.kill('SIGKILL')
      return ''
    }
    await change(await first.url()).catch(() => {})
    t.equal(await first.ended, 'SIGKILL')
    t.match(await left(mode, settings), [{ HandedOverAt: String }])
    courier.says = () => undefined
    await endClaims(mode, settings)
    const second = serve(t, { ...settings, ...courier.settings })
    // When the next one is mailed, it has long looked for what was due before.
    await change(await second.url(), digest('another horse'), digest('a third horse'))
    await until(async () => courier.taken.length === 1 && (await left(mode, settings)).length === 1)
    t.equal(new Set(courier.offered).size, 2)
    t.equal(courier.offered.length, 2)
    second.child.kill()
    t.equal(await second.ended, 0)

    const anHourAgo = new Date(Date.now() - 3_600_000).toISOString().slice(0, 23).replace('T', ' ')
    await statement(mode, settings, `UPDATE PendingNotices SET HandedOverAt = '${anHourAgo}'`)
    const third = serve(t, { ...settings, ...courier.settings })
    await third.says('1 notices were being mailed when their process ended')
    await until(async () => (await left(mode, settings)).length === 0)
    t.equal(courier.offered.length, 2)
  })

  t.test(`${mode}: S2: SIGKILL before the mail server has been given all of a notice: the next process delivers it, once`, { buffered: true }, async t => {
    const settings = await settingsOf(t, mode)
    const courier = await startCourier(t)
    const database = mode === 'server' ? await network(t, Number(settings.DB_PORT)) : undefined
    const ways = { ...settings, ...courier.settings, ...(database !== undefined && { DB_PORT: String(database.port) }) }
    const first = serve(t, ways)
    const kill = (): void => {
      first.child.kill('SIGKILL')
      database?.cut()
    }
    // The last moment there is: about to write down that it is handed over. In embedded mode that cannot be caught from outside.
    if (database !== undefined) database.when('set `HandedOverAt`', 'before', kill)
    else courier.says = line => { if (line === 'DATA') kill(); return line === 'DATA' ? '' : undefined }
    await change(await first.url()).catch(() => {})
    t.equal(await first.ended, 'SIGKILL')
    t.match(await left(mode, settings), [{ HandedOverAt: null }])
    t.equal(courier.offered.length, 0)
    courier.says = () => undefined
    await endClaims(mode, settings)
    await serve(t, { ...settings, ...courier.settings }).url()
    await until(async () => (await left(mode, settings)).length === 0)
    t.equal(courier.taken.length, 1)
    t.equal(courier.offered.length, 1)
  })
}
