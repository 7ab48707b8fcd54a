import t from 'tap'
import { build, deployment, digest, modes } from '../helper.ts'
import { administered, oldDeployment, oldPassword, oldUser, OLD_COLUMNS, OLD_TABLE, structure, type Administered, type Row } from './old-deployment.ts'

const COUNT = 1_000

const charsets = ['CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci', 'CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci', 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin', 'CHARACTER SET utf8mb3', 'CHARACTER SET latin1'] as const

/** Everything that was there before us. */
async function inheritance (old: Administered): Promise<unknown> {
  const { columns = [] } = await structure(old, 'Users')
  return {
    users: await old.rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`),
    dreams: await old.rows('SELECT * FROM Dreams ORDER BY DreamID'),
    notices: await old.rows('SELECT * FROM Notices'),
    columns: columns.filter(({ COLUMN_NAME }) => OLD_COLUMNS.split(', ').includes(String(COLUMN_NAME))),
    neighbours: [await structure(old, 'Dreams'), await structure(old, 'Notices')]
  }
}

if (modes.includes('server')) {
  for (const charset of charsets) {
    t.test(`a deployment in ${charset.toLowerCase()} is adopted whole, and its users log in as before`, async t => {
      const old = await administered(t, `DEFAULT ${charset}`)
      await oldDeployment(old, COUNT, charset)
      const before = await inheritance(old)
      const world = await build(t, 'server', old.settings)
      t.same(await inheritance(old), before, 'every row, column and neighbour is as it was')

      const keys = await old.rows('SELECT UserID, CONVERT(EmailKey USING utf8mb4) AS EmailKey, CONVERT(NameKey USING utf8mb4) AS NameKey, Role, TokenVersion FROM Users ORDER BY UserID')
      t.same(keys, Array.from({ length: COUNT }, (_, i): Row => ({
        UserID: i + 1,
        EmailKey: `user${i + 1}@example.com`,
        NameKey: String(oldUser(i + 1, charset).UserName).trim().toLowerCase(),
        Role: 'user',
        TokenVersion: 0
      })), 'every key is filled in')
      t.match(world.log(), /1000 existing accounts adopted/)

      for (const i of [1, 2, 3, 10, 999, 1000]) {
        const { typed } = oldPassword(i)
        t.match(await world.post('/Auth/Login', { Email: ` USER${i}@Example.com`, Password: 'not the password' }), { body: { Code: 501 } })
        t.match(await world.post('/Auth/Login', { Email: ` USER${i}@Example.com`, Password: digest(typed) }), { body: { Code: i % 3 === 2 ? 501 : 200 } }, `user ${i}, by digest`)
        t.match(await world.post('/Auth/Login', { Email: `user${i}@example.com`, Password: typed }), { body: { Code: 200, UserID: i } }, `user ${i}, by password`)
        t.match(await world.post('/Auth/Login', { Email: `user${i}@example.com`, Password: digest(typed) }), { body: { Code: 200 } }, `user ${i}, by digest, once renewed`)
      }
      t.equal((await old.rows("SELECT 1 FROM Users WHERE Password LIKE '$pbkdf2-sm3$%'")).length, 6, 'who logged in has a salted hash')
    })
  }

  t.test('names and addresses of adopted users stay theirs', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin')
    await oldDeployment(old, 20)
    const { post } = await build(t, 'server', old.settings)
    const sign = async (Name: string, Email: string): Promise<unknown> => (await post('/Auth/Sign', { Name, Email, Password: digest('x') })).body
    t.match(await sign('New', 'USER2@example.com'), { Code: 502, Field: 'Email' })
    for (const name of ['JOSÉ 4', 'jose\u0301 4', '张三 5', 'ёж 6']) t.match(await sign(name, 'new@example.com'), { Code: 502, Field: 'Name' }, name)
    t.match(await sign('Jose 4', 'new@example.com'), { Code: 200 }, 'a name without the accent is another name')
  })

  t.test('where the old table holds two spellings for one, so do Sign and Verify, which name the field', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci')
    await old.rows(OLD_TABLE)
    await old.rows("INSERT INTO Users (UserName, Email, Password) VALUES ('José', 'josé@example.com', 'x')")
    const world = await build(t, 'server', { ...old.settings, HIDE_ACCOUNTS: 'true' })
    const { post } = await build(t, 'server', old.settings)
    for (const [Name, Email, Field] of [['Other', 'jose@example.com', 'Email'], ['Jose', 'other@example.com', 'Name']] as const) {
      const account = { Name, Email, Password: digest('correct horse') }
      t.match(await post('/Auth/Sign', account), { status: 200, body: { Code: 502, Field } })
      t.match(await world.post('/Auth/Sign', account), { body: { Code: 200 } })
      t.match(await world.post('/Auth/Verify', { ...account, VerifyCode: await world.codeFor(Email) }), { status: 200, body: { Code: 502, Field } })
    }
  })

  t.test('old and new live together: a new user signs up, and deleting a user still takes the rows that belong to it', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4')
    await oldDeployment(old, 20)
    const world = await build(t, 'server', old.settings)
    const alice = { Name: 'Alice 爱丽丝', Email: 'alice@example.com', Password: digest('correct horse') }
    await world.register(alice)
    t.match(await world.post('/Auth/Login', { Email: alice.Email, Password: alice.Password }), { body: { UserID: 21 } })
    await old.rows("INSERT INTO Dreams (UserID, Title) VALUES (21, 'Mine')")
    await t.rejects(old.rows("INSERT INTO Dreams (UserID, Title) VALUES (4711, 'Nobody')"), /foreign key/)
    await old.rows('DELETE FROM Users WHERE UserID IN (3, 21)')
    t.same(await old.rows('SELECT * FROM Dreams WHERE UserID IN (3, 21)'), [])
    t.equal((await old.rows('SELECT * FROM Dreams')).length, 19)
  })

  for (const [charset, Name] of [['CHARACTER SET latin1', '张三'], ['CHARACTER SET utf8mb3', '小😀']] as const) {
    t.test(`a table in ${charset.toLowerCase()} takes a name beyond it or refuses it as a bad request, and never fails over it`, async t => {
      const old = await administered(t, `DEFAULT ${charset}`)
      await oldDeployment(old, 4, charset)
      const world = await build(t, 'server', old.settings)
      const account = { Name, Email: 'zhang@example.com', Password: digest('correct horse') }
      const signed = await world.post('/Auth/Sign', account)
      t.ok([200, 400].includes(signed.status), `Sign: ${signed.text}`)
      if (signed.status !== 200) return
      const verified = await world.post('/Auth/Verify', { ...account, VerifyCode: await world.codeFor(account.Email) })
      t.ok([200, 400].includes(verified.status), `Verify: ${verified.text}`)
    })
  }

  t.test('addresses that differ in case alone: the service starts, the elder account logs in, the other is named in the log without its address', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin')
    await old.rows(OLD_TABLE)
    for (const [i, email] of ['A@x.com', 'a@x.com', 'b@x.com'].entries()) await old.rows('INSERT INTO Users (UserName, Email, Password) VALUES (?, ?, ?)', [['Ann', 'ann', 'Bob'][i], email, oldPassword(i).stored])
    const world = await build(t, 'server', old.settings)
    const warning: unknown = world.log().trim().split('\n').map(line => JSON.parse(line)).find(({ msg }) => /share an e-mail/.test(msg))
    t.match(warning, { level: 40, userIds: [2], msg: /^1 accounts share/ })
    t.match(world.log(), /1 accounts share a name/)
    t.notMatch(world.log(), /[Aa]@x\.com/)
    t.match(await world.post('/Auth/Login', { Email: 'A@x.com', Password: oldPassword(0).typed }), { body: { Code: 200, UserID: 1 } })
    t.match(await world.post('/Auth/Login', { Email: 'a@x.com', Password: oldPassword(1).typed }), { body: { Code: 501 } })
    t.match(await world.post('/Auth/Sign', { Name: 'New', Email: 'a@x.com', Password: digest('x') }), { body: { Code: 502, Field: 'Email' } })

    await old.rows("UPDATE Users SET Email = 'ann2@x.com' WHERE UserID = 2")
    const next = await build(t, 'server', old.settings)
    t.notMatch(next.log(), /share an e-mail/)
    t.match(await next.post('/Auth/Login', { Email: 'ann2@x.com', Password: oldPassword(1).typed }), { body: { Code: 200, UserID: 2 } })
  })

  t.test('the elder of two accounts with one address gets another: after the next start the younger logs in', async t => {
    const old = await administered(t, 'DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin')
    await old.rows(OLD_TABLE)
    for (const [i, email] of ['A@x.com', 'a@x.com'].entries()) await old.rows('INSERT INTO Users (UserName, Email, Password) VALUES (?, ?, ?)', [`Ann ${i}`, email, oldPassword(i).stored])
    await (await build(t, 'server', old.settings)).app.close()
    // As the log says: until one of the two is changed, and its key taken back.
    await old.rows("UPDATE Users SET Email = 'ann1@x.com', EmailKey = NULL WHERE UserID = 1")
    const { post } = await build(t, 'server', old.settings)
    t.match(await post('/Auth/Login', { Email: 'a@x.com', Password: oldPassword(1).typed }), { body: { Code: 200, UserID: 2 } })
    t.match(await post('/Auth/Login', { Email: 'ann1@x.com', Password: oldPassword(0).typed }), { body: { Code: 200, UserID: 1 } })
  })
}

t.test('embedded: rows that another program wrote are adopted at the next start, and their users log in', async t => {
  const settings = await deployment(t, 'embedded')
  const first = await build(t, 'embedded', settings)
  for (let i = 1; i <= 10; i++) {
    const { UserName, Email, Password } = oldUser(i)
    await first.rows(`INSERT INTO Users (UserName, Email, Password) VALUES ('${String(UserName)}', '${String(Email)}', '${String(Password)}')`)
  }
  await first.rows("INSERT INTO Users (UserName, Email, Password) VALUES ('Other', 'USER2@example.com', 'x')")
  const before = await first.rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`)
  await first.app.close()

  const { post, rows, log } = await build(t, 'embedded', settings)
  t.same(await rows(`SELECT ${OLD_COLUMNS} FROM Users ORDER BY UserID`), before)
  t.match(log(), /10 existing accounts adopted/)
  t.match(log(), /"userIds":\[11\]/)
  for (const i of [1, 2, 10]) t.match(await post('/Auth/Login', { Email: ` USER${i}@Example.com`, Password: oldPassword(i).typed }), { body: { Code: 200, UserID: i } })
  t.match(await post('/Auth/Sign', { Name: 'josé 4', Email: 'new@example.com', Password: digest('x') }), { body: { Code: 502, Field: 'Name' } })
})
