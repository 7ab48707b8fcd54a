import { createHash } from 'node:crypto'
import t from 'tap'
import { build, digest, modes, type Mode, type World } from '../helper.ts'
import { startSmtp } from '../support/smtp.ts'

const alice = { Name: 'Alice', Email: 'alice.secretive@example.com', Password: digest('correct horse') }
const ADDRESS = /alice\.secretive/i

/** Has the database refuse every such change of `Users`, as a disk or a rule of its own might. */
async function refuse ({ mode, rows }: World, change: 'INSERT' | 'UPDATE'): Promise<void> {
  await rows(mode === 'embedded'
    ? `CREATE TRIGGER Refuse BEFORE ${change} ON Users BEGIN SELECT RAISE(ABORT, 'refused by a trigger'); END`
    : `CREATE TRIGGER Refuse BEFORE ${change} ON Users FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'refused by a trigger'`)
}

/** The lines logged about failures. */
function failures ({ log }: World): string {
  return log().trim().split('\n').filter(line => JSON.parse(line).level >= 40).join('\n')
}

for (const mode of modes) {
  t.test(`${mode}: G2: a statement that fails is logged without the values in it: no hash, no digest, no address`, async t => {
    const world = await build(t, mode, { LOG_LEVEL: 'trace' })
    await world.post('/Auth/Sign', alice)
    await refuse(world, 'INSERT')
    const answer = await world.post('/Auth/Verify', { ...alice, VerifyCode: await world.codeFor(alice.Email) })
    t.match(answer, { status: 500, body: { Code: 500, Msg: '服务器内部错误' } })
    t.match(failures(world), /refused by a trigger/, 'the cause is logged')
    t.notMatch(world.log(), /\$pbkdf2|INSERT INTO/i)
    t.notMatch(world.log(), ADDRESS)
    t.notMatch(answer.text, /trigger|sql|users/i, 'and not told')
  })

  t.test(`${mode}: G2: so it is when the old form of a password cannot be replaced by a new one`, async t => {
    const world = await build(t, mode, { LOG_LEVEL: 'trace' })
    const stored = createHash('sha256').update(alice.Password).digest('hex')
    await world.rows(`INSERT INTO Users (UserName, NameKey, Email, EmailKey, Password) VALUES ('Alice', 'alice', '${alice.Email}', '${alice.Email}', '${stored}')`)
    await refuse(world, 'UPDATE')
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { status: 500, body: { Code: 500 } })
    t.match(failures(world), /refused by a trigger/)
    for (const secret of [stored, alice.Password, '$pbkdf2']) t.notOk(world.log().includes(secret), secret.slice(0, 8))
  })
}

t.test('G2: a mail that is refused is logged without its recipient and its code', async t => {
  const mode: Mode = 'embedded'
  const refused = (address: string): Error => Object.assign(new Error(`<${address}> is not known here`), { responseCode: 550 })
  const smtp = await startSmtp(t, { onRcptTo: ({ address }, _session, callback) => { callback(refused(address)) } })
  const world = await build(t, mode, { ...smtp.settings, LOG_LEVEL: 'trace' })
  t.match(await world.post('/Auth/Sign', alice), { status: 200, body: { Code: 518 } })
  t.match(world.log(), /550/, 'the cause is logged')
  t.notMatch(world.log(), ADDRESS)
  // Between other digits and letters it may stand by chance, as in the id of a request.
  t.notMatch(world.log().replaceAll(/"pid":\d+,"hostname":"[^"]*"/g, ''), /\b\d{6}\b/, 'nor the code')
})
