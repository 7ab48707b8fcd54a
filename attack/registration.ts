import { median } from '../bench/figure.ts'
import { setTimeout as sleep } from 'node:timers/promises'
import { many, tally, type Attack } from './attack.ts'
import { digest, freshNetwork, freshNetworks, otherThan, somebody, type Deployment, type Ground, type Person } from './ground.ts'
import { ask, type Answer } from './http.ts'
import { rankTest } from './statistics.ts'
import { copies } from './throttling.ts'

const sign = ({ post }: Deployment, person: Person, from = freshNetwork()): Promise<Answer> => post('/Auth/Sign', person, { from })
const verify = ({ post }: Deployment, person: Person, VerifyCode: string, from = freshNetwork()): Promise<Answer> => post('/Auth/Verify', { ...person, VerifyCode }, { from })
const rowsOf = (deployment: Deployment, { Email }: Person): ReturnType<Deployment['rows']> => deployment.rows('SELECT UserName, NameKey, EmailKey, Password, Role FROM Users WHERE EmailKey = ? OR Email = ?', [Email, Email])

/** When to kill: so many milliseconds after the request, from before the code is taken on, or as soon as the row is there. */
const KILLS = [4, 25, 60, 'row'] as const

async function untilThereIsARow (deployment: Deployment, person: Person): Promise<void> {
  for (const end = performance.now() + 2_000; performance.now() < end && (await rowsOf(deployment, person)).length === 0;);
}

/** Kills a process in mid-Verify and looks at what is left. */
async function killed (ground: Ground, moment: typeof KILLS[number]): Promise<{ held: boolean, came: string }> {
  const { dear } = ground
  const person = somebody()
  await sign(dear, person)
  const code = ground.codeFor(person.Email)
  const [survivor, victim] = dear.processes
  if (survivor === undefined || victim === undefined) throw new Error('two processes are needed')
  const cut = ask(victim.url, '/Auth/Verify', { from: freshNetwork(), body: { ...person, VerifyCode: code } }).then(answer => answer.code, () => 'cut')
  await (moment === 'row' ? untilThereIsARow(dear, person) : sleep(moment))
  dear.kill(victim)
  const seen = await cut
  const before = await rowsOf(dear, person)
  const retry = await ask(survivor.url, '/Auth/Verify', { from: freshNetwork(), body: { ...person, VerifyCode: code } })
  const again = await ask(survivor.url, '/Auth/Verify', { from: freshNetwork(), body: { ...person, Name: somebody().Name, VerifyCode: code } })
  const rows = await rowsOf(dear, person)
  const login = rows.length === 0 ? undefined : await ask(survivor.url, '/Auth/Login', { from: freshNetwork(), body: { Email: person.Email, Password: person.Password } })
  await dear.revive(victim)
  // Either there is an account, whole, or there is none and the code may be used once or is void.
  const whole = rows.length === 0 || (rows.length === 1 && login?.code === 200 && rows[0]?.EmailKey !== null && rows[0]?.NameKey !== null)
  const once = before.length === 1 ? retry.code === 502 : [200, 521].includes(retry.code)
  return { held: whole && once && again.code !== 200, came: `${seen} ${moment === 'row' ? 'at the insert' : `at ${moment} ms`}, ${before.length} rows, then ${retry.code} and ${again.code}` }
}

/** Known and unknown addresses in turn, at one route of a service that hides accounts. */
async function hiding ({ hidden, mails }: Ground, path: string, count: number, bodyOf: (Email: string) => unknown, mailed: boolean): Promise<{ held: boolean, came: string }> {
  const known = await copies(hidden, await hidden.register(), count)
  const seen = new Set<string>()
  const [ofKnown, ofUnknown]: [number[], number[]] = [[], []]
  let reached = 0
  for (const email of known) {
    for (const [address, times] of [[email, ofKnown], [somebody().Email, ofUnknown]] as const) {
      const answer = await hidden.post(path, bodyOf(address), { from: freshNetwork() })
      seen.add(answer.bytes)
      times.push(answer.ms)
      if (mails.some(({ to }) => to === address)) reached++
    }
  }
  const { auc, p } = rankTest(ofKnown, ofUnknown)
  const [one, other] = [median(ofKnown), median(ofUnknown)]
  const apart = p < 0.001 && Math.abs(auc - 0.5) > 0.25 && Math.abs(one - other) > 0.1 * other
  return { held: seen.size === 1 && !apart && reached === (mailed ? 2 * count : 0), came: `${seen.size === 1 ? 'bytes alike' : `${seen.size} different answers`}, ${mailed ? `${reached} of ${2 * count} mailed, ` : ''}${one.toFixed(1)} and ${other.toFixed(1)} ms (AUC ${auc.toFixed(2)}, p = ${p.toFixed(2)})` }
}

export const registration: Attack[] = [{
  id: 'R1',
  defence: 'Sign stores nothing but the hash of a code',
  probes: [{
    tried: '20 addresses signed up and never verified',
    async run ({ main }) {
      const count = async (): Promise<number> => Number((await main.rows('SELECT COUNT(*) AS n FROM Users'))[0]?.n)
      const before = await count()
      const answers = await many(20, () => sign(main, somebody()))
      return { held: await count() === before && answers.every(({ code }) => code === 200), came: `${await count() - before} rows (${tally(answers)})` }
    }
  }]
}, {
  id: 'R2',
  defence: 'what is stored is what the bearer of the code sends',
  probes: [{
    tried: 'the attacker signs the victim\'s address up with a password of their own, before and after the victim does',
    async run (ground) {
      const { main } = ground
      const victim = somebody()
      const planted = { ...victim, Name: somebody().Name, Password: digest('planted by the attacker') }
      await sign(main, planted)
      await main.pass(60)
      await sign(main, victim)
      const code = ground.codeFor(victim.Email)
      const late = await sign(main, planted)
      const stolen = await verify(main, planted, otherThan(code))
      const own = await verify(main, victim, code)
      const [attacker, owner] = [await main.login(planted, freshNetwork()), await main.login(victim, freshNetwork())]
      const [row] = await rowsOf(main, victim)
      return { held: late.code === 429 && stolen.code === 520 && own.code === 200 && attacker.code === 501 && owner.code === 200 && row?.UserName === victim.Name, came: `planted password ${attacker.code}, the victim's ${owner.code}, name as the victim sent it` }
    }
  }]
}, {
  id: 'R3',
  defence: 'unique indexes over canonical keys, and a code that is taken in one atomic step',
  probes: [{
    tried: '50 parallel Verify with one code, both processes',
    async run (ground) {
      const { main } = ground
      const person = somebody()
      await sign(main, person)
      const networks = freshNetworks(50, 25)
      const answers = await many(50, i => verify(main, { ...person, Name: `${person.Name} ${i}` }, ground.codeFor(person.Email), networks[i]))
      const rows = await rowsOf(main, person)
      return { held: rows.length === 1 && answers.filter(({ code }) => code === 200).length === 1, came: `${rows.length} row; ${tally(answers)}` }
    }
  }, {
    tried: 'one name in ten spellings with ten addresses at once',
    async run (ground) {
      const { main } = ground
      const { Name } = somebody()
      const name = `Zoë Straße ${Name}`
      const spellings = [name, name.toUpperCase(), name.toLowerCase(), ` ${name}`, `${name}\u3000`, name.normalize('NFD'), name.replace('ß', 'ẞ'), name.replace('ß', 'SS'), name.replace('Zoë', 'ZOË'), `\ufeff${name}`]
      const people = spellings.map(Name => ({ ...somebody(), Name }))
      await many(10, i => sign(main, people[i] ?? somebody()))
      const answers = await many(10, i => verify(main, people[i] ?? somebody(), ground.codeFor(people[i]?.Email ?? '')))
      const loser = people[answers.findIndex(({ code }) => code === 502)]
      const retry = loser === undefined ? undefined : await verify(main, { ...loser, Name: somebody().Name }, ground.codeFor(loser.Email))
      return { held: answers.filter(({ code }) => code === 200).length === 1 && retry?.code === 200, came: `${tally(answers)}; a loser's code is good for another name: ${retry?.code}` }
    }
  }]
}, {
  id: 'R4',
  defence: 'with HIDE_ACCOUNTS=true nothing depends on the account before a valid code',
  probes: [
    { tried: 'Sign, known and unknown addresses in turn', run: ground => hiding(ground, '/Auth/Sign', 12, Email => ({ ...somebody(), Name: 'Whoever', Email }), true) },
    { tried: 'Verify without a code', run: ground => hiding(ground, '/Auth/Verify', 12, Email => ({ ...somebody(), Name: 'Whoever', Email, VerifyCode: '123456' }), false) }
  ]
}, {
  id: 'E3',
  defence: 'likewise: both are mailed',
  probes: [
    { tried: 'ResetPassword', run: ground => hiding(ground, '/Auth/ResetPassword', 12, Email => ({ Email }), true) },
    { tried: 'UpdatePassword without a code', run: ground => hiding(ground, '/Auth/UpdatePassword', 12, Email => ({ Email, Password: digest('a guess'), VerifyCode: '123456' }), false) }
  ]
}, {
  id: 'R5',
  defence: 'a code that was taken is void until its change is made, and the account is one statement',
  probes: [{
    tried: `kill -9 of one process in mid-Verify, at ${KILLS.length} moments`,
    async run (ground) {
      const outcomes = []
      for (const moment of KILLS) outcomes.push(await killed(ground, moment))
      return { held: outcomes.every(({ held }) => held), came: outcomes.map(({ came }) => came).join('; ') }
    }
  }]
}]
