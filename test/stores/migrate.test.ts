import t from 'tap'
import { migrate, migrationsOf, type MigrationSession } from '../../src/stores/migrations.ts'

t.test('S2: a migration is remembered only when each of its statements has been carried out, in order and under the lock', async t => {
  const second = migrationsOf('mysql')[1]?.statements ?? []
  const others = migrationsOf('mysql').map(({ version }) => version).filter(version => version !== 2)
  const done: string[] = []
  const session = (failing: string | undefined): MigrationSession => ({
    dialect: 'mysql',
    applied: async () => others,
    columns: async () => [],
    exclusively: async work => {
      done.push('lock')
      try {
        return await work()
      } finally {
        done.push('unlock')
      }
    },
    run: async statement => {
      if (statement === failing) throw new Error('the database went away')
      done.push(statement)
    },
    record: async ({ name }) => { done.push(name) }
  })
  t.equal(second.length, 6)
  await t.rejects(migrate(session(second[2]), true), /the database went away/)
  t.same(done.splice(0), ['lock', ...second.slice(0, 2), 'unlock'])
  t.same(await migrate(session(undefined), true), ['002-account-keys.sql'])
  t.same(done.splice(0), ['lock', ...second, '002-account-keys.sql', 'unlock'])
  await t.rejects(migrate(session(undefined), false), /002-account-keys\.sql/)
  t.same(done, [])
})
