import { createHash } from 'node:crypto'
import { limits } from '../src/limits.ts'
import { guesses, inTurn, many, tally, type Attack } from './attack.ts'
import { digest, freshNetwork, freshNetworks, otherThan, somebody, type Deployment, type Ground, type Person } from './ground.ts'
import type { Answer } from './http.ts'
import { digitsTest } from './statistics.ts'

const DAY = 86_400
const COOLDOWN = 60
const SAMPLE = 400
const TRIES = 5
const [MAILBOX] = limits.mailbox
const [GUESS_QUARTER] = limits.guess

const chosen = digest('what the attacker would set')

export const askReset = (deployment: Deployment, Email: string, from: string): Promise<Answer> => deployment.post('/Auth/ResetPassword', { Email }, { from })

export function update (deployment: Deployment, Email: string, VerifyCode: string, from: string, Password = chosen): Promise<Answer> {
  return deployment.post('/Auth/UpdatePassword', { Email, Password, VerifyCode }, { from })
}

const mailsTo = ({ mails }: Ground, email: string): number => mails.filter(({ to, subject }) => to === email && /\d{6}/.test(subject)).length

/** Has code after code mailed and guesses at each, from ever-new networks, as long as there are any; then waits a day and goes on. */
async function guessAcross (ground: Ground, days: number, askCode: (from: string) => Promise<Answer>, tryCode: (code: string, from: string) => Promise<Answer>): Promise<Array<{ codes: number, guessed: number }>> {
  const networks = freshNetworks(100, 25)
  const found: Array<{ codes: number, guessed: number }> = []
  let turn = 0
  for (let day = 0; day < days; day++) {
    let [codes, guessed] = [0, 0]
    for (let asked = 0; asked < 15; asked++) {
      const answer = await askCode(networks[turn++ % 100] ?? '')
      if (answer.code === 200) codes++
      guessed += (await many(2 * TRIES, i => tryCode(String(200_000 + turn * 10 + i), networks[(turn + i) % 100] ?? ''))).filter(({ code }) => code === 520).length
      await ground.main.pass(COOLDOWN)
    }
    found.push({ codes, guessed })
    await ground.main.pass(DAY - 15 * COOLDOWN)
  }
  return found
}

function withinBudget (days: Array<{ codes: number, guessed: number }>): { held: boolean, came: string } {
  const held = days.every(({ codes, guessed }) => codes <= MAILBOX.points && guessed <= MAILBOX.points * TRIES)
  const most = Math.max(...days.map(({ guessed }) => guessed))
  return { held: held && most > 0, came: `${days.map(({ codes, guessed }) => `${codes} codes and ${guessed} guesses`).join(', ')} on ${days.length} days: one chance in ${Math.round(1_000_000 / most).toLocaleString('en')} a day` }
}

/** Whatever a Redis database holds, names and values. */
async function contents ({ redis }: Deployment): Promise<string> {
  const found: string[] = []
  const readers: Record<string, (key: string) => Promise<unknown>> = { hash: key => redis.hgetall(key), set: key => redis.smembers(key), string: key => redis.get(key) }
  for (const key of await redis.keys('*')) found.push(key, JSON.stringify(await readers[await redis.type(key)]?.(key)))
  return found.join('\n')
}

/** Whatever the tables hold, but for the columns that are there to hold the address. */
async function tables (deployment: Deployment): Promise<string> {
  const found: string[] = []
  for (const { name } of await deployment.rows('SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()')) {
    for (const { Email: _Email, EmailKey: _EmailKey, ...rest } of await deployment.rows(`SELECT * FROM \`${String(name)}\``)) found.push(JSON.stringify(rest))
  }
  return found.join('\n')
}

/** The forms in which somebody careless would keep a secret. */
function formsOf (secret: string): string[] {
  const digests = ['md5', 'sha1', 'sha256', 'sm3'].map(name => createHash(name).update(secret).digest())
  return [secret, ...[Buffer.from(secret), ...digests].flatMap(bytes => [bytes.toString('hex'), bytes.toString('base64').replaceAll('=', ''), bytes.toString('base64url')])]
}

const code = (person: Person, VerifyCode: string): Person & { VerifyCode: string } => ({ ...person, VerifyCode })

export const codes: Attack[] = [{
  id: 'K1',
  defence: 'a cryptographic source, every number from 000000 to 999999 alike',
  probes: [{
    tried: `the digits of ${SAMPLE} codes`,
    async run (ground) {
      const people = Array.from({ length: SAMPLE }, somebody)
      await many(SAMPLE, i => ground.main.post('/Auth/Sign', people[i], { from: freshNetwork() }), 10)
      const mailed = people.map(({ Email }) => ground.codeFor(Email))
      const p = digitsTest(mailed)
      const twice = SAMPLE - new Set(mailed).size
      const zero = mailed.filter(each => each.startsWith('0')).length
      return { held: p > 1e-4 && twice <= 3 && zero > 0, came: `even by chi-square, p = ${p.toFixed(2)}; ${zero} begin with 0, ${twice} came twice` }
    }
  }]
}, {
  id: 'K3',
  defence: 'a code is taken in one atomic step before the change',
  probes: [{
    tried: '50 parallel UpdatePassword with one code and 50 passwords, both processes',
    async run (ground) {
      const { main } = ground
      const { Email } = await main.register()
      await askReset(main, Email, freshNetwork())
      const networks = freshNetworks(50, 25)
      const passwords = networks.map((_, i) => digest(`choice number ${i}`))
      const answers = await many(50, i => update(main, Email, ground.codeFor(Email), networks[i] ?? '', passwords[i]))
      const winner = answers.findIndex(answer => answer.code === 200)
      const logins = await many(10, i => main.login({ Name: '', Email, Password: passwords[(winner + i) % 50] ?? '' }, freshNetwork()))
      const held = answers.filter(answer => answer.code === 200).length === 1 && logins[0]?.code === 200 && logins.slice(1).every(login => login.code === 501)
      return { held, came: `${tally(answers)}; logins with the winning password and nine others: ${tally(logins)}` }
    }
  }]
}, {
  id: 'K4',
  defence: `${TRIES} tries, counted before they are compared`,
  probes: [{
    tried: '100 wrong guesses in parallel from 100 networks, then the right code',
    async run (ground) {
      const { main } = ground
      const { Email } = await main.register()
      await askReset(main, Email, freshNetwork())
      const right = ground.codeFor(Email)
      const networks = freshNetworks(100, 25)
      const answers = await many(100, i => update(main, Email, otherThan(right, i), networks[i] ?? ''))
      const last = await update(main, Email, right, freshNetwork())
      return { held: answers.filter(answer => answer.code === 520).length === TRIES && last.code === 521, came: `${tally(answers)}; then ${last.code} for the right one` }
    }
  }]
}, {
  id: 'K5',
  defence: `${MAILBOX.points} codes of a kind a day for one mailbox, on request of strangers`,
  probes: [{
    tried: 'guessing a reset code across reissues, from 100 networks, for three days',
    async run (ground) {
      const { Email } = await ground.main.register()
      return withinBudget(await guessAcross(ground, 3, from => askReset(ground.main, Email, from), (guess, from) => update(ground.main, Email, guess, from)))
    }
  }, {
    tried: 'a registration code, for two days',
    run: ground => {
      const victim = somebody()
      return guessAcross(ground, 2, from => ground.main.post('/Auth/Sign', victim, { from }), (guess, from) => ground.main.post('/Auth/Verify', code(victim, guess), { from })).then(withinBudget)
    }
  }, {
    tried: 'the budget of a mailbox used up by strangers; its owner asks at home',
    async run (ground) {
      const { main } = ground
      const owner = await main.register()
      const home = freshNetwork()
      await main.login(owner, home)
      await inTurn(12, async () => { await askReset(main, owner.Email, freshNetwork()); await main.pass(COOLDOWN) })
      const [strange, asked] = [await askReset(main, owner.Email, freshNetwork()), await askReset(main, owner.Email, home)]
      return { held: strange.code === 429 && asked.code === 200, came: `${strange.code} for a stranger, ${asked.code} for the owner` }
    }
  }]
}, {
  id: 'K6',
  defence: 'the hash of a code is bound to its purpose and address',
  probes: [{
    tried: 'registration code at UpdatePassword, reset code at Verify, the code of one address for another',
    async run (ground) {
      const { main } = ground
      const [member, other, newcomer] = [await main.register(), await main.register(), somebody()]
      const from = freshNetwork()
      await askReset(main, member.Email, from)
      await askReset(main, other.Email, from)
      await main.post('/Auth/Sign', newcomer, { from })
      const [forMember, forNewcomer] = [ground.codeFor(member.Email), ground.codeFor(newcomer.Email)]
      const answers = [
        await update(main, other.Email, forMember, from),
        await update(main, other.Email, forNewcomer, from),
        await main.post('/Auth/Verify', code(newcomer, forMember), { from }),
        await main.post('/Auth/Verify', code({ ...newcomer, Email: somebody().Email }, forNewcomer), { from })
      ]
      return { held: guesses(answers) === 4, came: tally(answers) }
    }
  }]
}, {
  id: 'K7',
  defence: 'a cooldown and a code are set in one atomic step; a new code takes the place of the older one',
  probes: [{
    tried: '20 parallel requests from 20 networks, both processes',
    async run (ground) {
      const { main } = ground
      const { Email } = await main.register()
      const before = mailsTo(ground, Email)
      const networks = freshNetworks(20, 20)
      const answers = await many(20, i => askReset(main, Email, networks[i] ?? ''))
      const mails = mailsTo(ground, Email) - before
      return { held: mails === 1 && answers.filter(answer => answer.code === 200).length === 1, came: `${mails} mail; ${tally(answers)}` }
    }
  }, {
    tried: 'the older of two codes',
    async run (ground) {
      const { main } = ground
      const { Email } = await main.register()
      const from = freshNetwork()
      await askReset(main, Email, from)
      const older = ground.codeFor(Email)
      await main.pass(COOLDOWN)
      await askReset(main, Email, from)
      const answers = [await update(main, Email, older, from), await update(main, Email, ground.codeFor(Email), from)]
      return { held: answers[0]?.code === 520 && answers[1]?.code === 200, came: `${answers[0]?.code}, and ${answers[1]?.code} for the newer` }
    }
  }]
}, {
  id: 'K8',
  defence: 'codes are kept as keyed hashes; accounts and networks are keyed hashes in Redis and in the audit trail',
  probes: [{
    tried: 'Redis and every table, read for codes, digests, tokens and addresses in a dozen forms',
    async run (ground) {
      const { main } = ground
      const member = await main.register()
      const from = freshNetwork()
      const { body } = await main.login(member, from)
      await askReset(main, member.Email, from)
      const newcomer = somebody()
      await main.post('/Auth/Sign', newcomer, { from })
      const [inRedis, inTables] = [await contents(main), await tables(main)]
      const secrets = [ground.codeFor(member.Email), ground.codeFor(newcomer.Email), member.Password, newcomer.Password, String(body.Token), member.Email, newcomer.Email]
      const leaked = secrets.filter(secret => formsOf(secret).some(form => inRedis.includes(form) || (form.length > 6 && inTables.includes(form))))
      const networks = inRedis.includes(from)
      return { held: leaked.length === 0 && !networks && inRedis.length > 500 && inTables.length > 500, came: `${leaked.length} of ${secrets.length} secrets found in ${Math.round(inRedis.length / 1000)} kB of Redis and ${Math.round(inTables.length / 1000)} kB of tables` }
    }
  }]
}, {
  id: 'K9',
  defence: 'a code that Redis has forgotten is none',
  probes: [{
    tried: 'FLUSHALL between code and use; the count of tries evicted',
    async run (ground) {
      const { main } = ground
      const { Email } = await main.register()
      await askReset(main, Email, freshNetwork())
      await main.redis.flushall()
      const flushed = await update(main, Email, ground.codeFor(Email), freshNetwork())
      await askReset(main, Email, freshNetwork())
      for (const key of await main.redis.keys('dream:code:*')) await main.redis.hdel(key, 'tries')
      const torn = await update(main, Email, ground.codeFor(Email), freshNetwork())
      return { held: flushed.code === 521 && torn.code === 521, came: `${flushed.code} and ${torn.code} for the right code` }
    }
  }]
}]

/** The limit of wrong codes from one network, for those who try every route. */
export const MOST_GUESSES = GUESS_QUARTER.points
