import t from 'tap'
import { build, modes, type Answer } from '../helper.ts'
import { administrator, type Administrator } from '../support/administrators.ts'

const ROUNDS = 12

const removals: Record<string, (by: Administrator, of: Administrator) => Promise<Answer>> = {
  'demote each other': (by, of) => by.patch(`/Admin/Users/${of.id}`, { Role: 'user' }),
  'disable each other': (by, of) => by.patch(`/Admin/Users/${of.id}`, { Disabled: true }),
  'demote themselves': by => by.patch(`/Admin/Users/${by.id}`, { Role: 'user' }),
  'disable themselves': by => by.patch(`/Admin/Users/${by.id}`, { Disabled: true })
}

for (const mode of modes) {
  for (const [what, remove] of Object.entries(removals)) {
    t.test(`${mode}: of two super administrators who ${what} at once, exactly one succeeds`, async t => {
      const world = await build(t, mode)
      const [first, second] = [await administrator(world, 'First'), await administrator(world, 'Second')]
      for (let round = 0; round < ROUNDS; round++) {
        await world.rows("UPDATE Users SET Role = 'super_admin', DisabledAt = NULL")
        const asked = [await world.app.sessions.open(await versionOf(first.id), nobody), await world.app.sessions.open(await versionOf(second.id), nobody)].map(grant => `Bearer ${world.app.tokens.issue(grant)}`)
        const [one, two] = [first, second].map((each, i): Administrator => ({ ...each, patch: (url, body) => world.patch(url, body, { headers: { authorization: asked[i] ?? '' } }) }))
        if (one === undefined || two === undefined) return
        const codes = (await Promise.all([remove(one, two), remove(two, one)])).map(({ body }) => body.Code)
        // Who has ceased to be logged in or an administrator by the time of asking is told that.
        t.ok(codes.filter(code => code === 200).length === 1 && codes.every(code => [200, 401, 403].includes(code)), codes.join(' and '))
        t.equal((await world.rows("SELECT UserID FROM Users WHERE Role = 'super_admin' AND DisabledAt IS NULL")).length, 1)
      }

      async function versionOf (id: number): Promise<{ id: number, tokenVersion: number }> {
        const [row] = await world.rows(`SELECT TokenVersion FROM Users WHERE UserID = ${id}`)
        return { id, tokenVersion: Number(row?.TokenVersion) }
      }
    })
  }

  t.test(`${mode}: of many super administrators who delete one another and themselves at once, one is left`, async t => {
    const world = await build(t, mode)
    const all: Administrator[] = []
    for (let i = 0; i < 5; i++) all.push(await administrator(world, `Admin${i}`))
    const answers = await Promise.all(all.flatMap((by, i) => [by.remove(`/Admin/Users/${by.id}`), by.remove(`/Admin/Users/${all[(i + 1) % all.length]?.id}`)]))
    t.ok(answers.every(({ body }) => [200, 401, 403, 503].includes(body.Code)), answers.map(({ text }) => text).join(' '))
    t.equal(answers.filter(({ body }) => body.Code === 200).length, 4)
    t.equal((await world.rows("SELECT UserID FROM Users WHERE Role = 'super_admin'")).length, 1)
  })
}

const nobody = { address: '127.0.0.1', language: 'en' as const, requestId: '', userAgent: '' }
