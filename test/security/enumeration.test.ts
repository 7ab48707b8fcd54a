import t, { type Test } from 'tap'
import { build, digest, modes } from '../helper.ts'
import { networkNumber, populate, type Person } from '../support/people.ts'
import { rankBiserial, rankBiserialDeviation, timesOf } from '../support/statistics.ts'

const ROUNDS = 200
const ATTEMPTS = 4
/** Without any difference one comparison in five million comes further from zero than this many standard deviations. */
const DEVIATIONS = 5.2
/** An account that is there has a row to be read and parsed: what that takes, beside a hash, is too little to be told from afar. */
const SLACK = 1.05
/** What has to be noticed. To skip the dummy hash would make an unknown account quicker by most of its time. */
const QUICKER = 0.7

const nobody: Person = { Name: 'Nobody', Email: 'none', Password: digest('x') }

type Ask = (round: number) => Promise<void>

/**
 * Neither of two tends to take longer, by more than the slack and as far as this machine can tell; and it has to be able to
 * tell a difference of 30%, else more is asked of it: what cannot tell cannot clear.
 */
async function takeAlike (t: Test, reference: Ask, others: Record<string, Ask>): Promise<void> {
  const usual: number[] = []
  const times = Object.keys(others).map(name => ({ name, taken: [] as number[] }))
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const subjects = Object.entries({ reference, ...others }).map(([name, ask]): [string, Ask] => [name, round => ask(attempt * (ROUNDS + 1) + round)])
    const taken = await timesOf(ROUNDS, Object.fromEntries(subjects))
    usual.push(...taken.reference ?? [])
    for (const each of times) each.taken.push(...taken[each.name] ?? [])

    const chance = DEVIATIONS * rankBiserialDeviation(usual.length, usual.length)
    const excess = (one: number[], other: number[]): number => rankBiserial(one, other.map(time => time * SLACK))
    const noticed = times.map(({ taken }) => excess(usual, taken.map(time => time * QUICKER)))
    if (noticed.some(seen => seen <= chance)) {
      t.comment(`a difference of 30% went unnoticed: ${noticed.map(seen => seen.toFixed(2)).join(', ')}`)
      continue
    }
    for (const { name, taken } of times) {
      t.ok(excess(usual, taken) <= chance, `${name} is no quicker: ${excess(usual, taken).toFixed(2)}`)
      t.ok(excess(taken, usual) <= chance, `${name} is no slower: ${excess(taken, usual).toFixed(2)}`)
    }
    return
  }
  t.fail('this machine is too busy to tell a difference of 30%')
}

for (const mode of modes) {
  t.test(`${mode}: E1, E2: an unknown account, a wrong password, a hash of fewer iterations and a row of the old service take alike at Login`, async t => {
    // Short hashes are seldom interrupted by what else the machine does, and still are most of the time.
    const world = await build(t, mode, { PASSWORD_HASH_ITERATIONS: '5000' })
    const count = ATTEMPTS * (ROUNDS + 1)
    const people = await populate(world, 3 * count)
    const [known, older, legacy] = [people.slice(0, count), people.slice(count, 2 * count), people.slice(2 * count)]
    const store = async (who: Person[], Password: string): Promise<void> => {
      await world.app.database.updateTable('Users').set({ Password }).where('Email', 'in', who.map(({ Email }) => Email)).execute()
    }
    const { Password } = await world.app.database.selectFrom('Users').select('Password').limit(1).executeTakeFirstOrThrow()
    t.match(Password, /i=5000\b/)
    await store(older, Password.replace('i=5000', 'i=1000'))
    await store(legacy, digest('a password of old'))
    let serial = 0
    // Each from a network and for an account of its own, so that no counter has a say.
    const ask = async (Email = ''): Promise<void> => {
      const { body } = await world.post('/Auth/Login', { Email, Password: digest('wrong') }, { from: networkNumber(serial++) })
      if (body.Code !== 501) t.fail(`answered ${body.Code}`)
    }
    await takeAlike(t, round => ask(`nobody${round}@example.com`), {
      known: round => ask(known[round]?.Email),
      older: round => ask(older[round]?.Email),
      legacy: round => ask(legacy[round]?.Email)
    })
  })

  for (const route of ['/Auth/Sign', '/Auth/ResetPassword']) {
    t.test(`${mode}: R4, E3: with HIDE_ACCOUNTS=true ${route} takes alike for known and unknown addresses`, async t => {
      const world = await build(t, mode, { HIDE_ACCOUNTS: 'true' })
      const people = await populate(world, ATTEMPTS * (ROUNDS + 1))
      let serial = 0
      const ask = async (person: Person): Promise<void> => {
        const { body } = await world.post(route, route === '/Auth/Sign' ? person : { Email: person.Email }, { from: networkNumber(serial++) })
        if (body.Code !== 200) t.fail(`answered ${body.Code}`)
      }
      await takeAlike(t, round => ask({ ...nobody, Email: `nobody${round}@example.com` }), {
        known: round => ask(people[round] ?? nobody)
      })
    })
  }
}
