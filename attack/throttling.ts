import { limits } from '../src/limits.ts'
import { guesses, inTurn, isGuess, isRefused, many, tally, type Attack } from './attack.ts'
import { withoutWork, workTwice } from './captcha.ts'
import { digest, freshBlock, freshNetwork, freshNetworks, somebody, type Deployment, type Ground, type Person } from './ground.ts'
import type { Answer } from './http.ts'

const DAY = 86_400
const [{ points: TRIES }, , LOGIN_DAY] = limits.login
const [ACCOUNT_QUARTER, ACCOUNT] = limits.account
const [NETWORK_QUARTER, NETWORK_DAY] = limits.network
const [BLOCK_QUARTER] = limits.block

let serial = 0

/** A guess that is wrong, and no two of them alike. */
export const wrong = (): string => digest(`wrong ${++serial}`)

export const guess = (deployment: Deployment, Email: string, from: string): Promise<Answer> => deployment.login({ Name: '', Email, Password: wrong() }, from)

const retryAfter = ({ body }: Answer): number => Number(body.RetryAfter)

/** Guesses on, from the networks in turn, waiting whenever told to, until a wait is too long or the guesses or refusals are too many. */
async function persist (deployment: Deployment, email: string, networks: string[], bounds: { days: number, patience: number }): Promise<{ guessed: number, after: string, wait: number }> {
  let guessed = 0
  let passed = 0
  let wait = 0
  for (let asked = 0, refusedInTurn = 0; asked < 2_000; asked++) {
    const answer = await guess(deployment, email, networks[asked % networks.length] ?? '')
    if (isGuess(answer)) {
      guessed++
      refusedInTurn = 0
      continue
    }
    wait = retryAfter(answer)
    // Another network may still be let in.
    if (++refusedInTurn < Math.min(networks.length, 10)) continue
    if (wait > bounds.patience || passed + wait > bounds.days * DAY) break
    await deployment.pass(wait)
    passed += wait
    refusedInTurn = 0
  }
  return { guessed, after: passed < DAY ? `${Math.round(passed / 3_600)} hours` : `${Math.round(passed / DAY)} days`, wait }
}

/** Copies of an account's row: accounts with the same password, and addresses of their own. */
export async function copies (deployment: Deployment, { Email }: Person, count: number): Promise<string[]> {
  const people = Array.from({ length: count }, somebody)
  await many(count, i => {
    const { Email: email = '', Name: name = '' } = people[i] ?? {}
    return deployment.rows('INSERT INTO Users (UserName, NameKey, Email, EmailKey, Password, Role, TokenVersion) SELECT ?, ?, ?, ?, Password, Role, TokenVersion FROM Users WHERE EmailKey = ?', [name, name.toLowerCase(), email, email, Email])
  }, 2)
  return people.map(person => person.Email)
}

async function spray ({ main }: Ground, networkOf: (i: number) => string, most: number): Promise<{ held: boolean, came: string }> {
  const targets = await copies(main, await main.register(), 300)
  const answers = await many(2 * targets.length, i => guess(main, targets[i % targets.length] ?? '', networkOf(i)), 10)
  return { held: guesses(answers) === most && answers.every(answer => isGuess(answer) || isRefused(answer)), came: `${guesses(answers)} guesses of ${answers.length} (${tally(answers)})` }
}

export const throttling: Attack[] = [{
  id: 'L1',
  defence: `waits that grow, at most ${ACCOUNT.points} failures an account before a week's pause, and counts per network and per block`,
  probes: [{
    tried: 'one account, one network, 60 guesses at once in a row',
    async run ({ main }) {
      const { Email } = await main.register()
      const from = freshNetwork()
      const answers = await inTurn(60, () => guess(main, Email, from))
      return { held: guesses(answers) === TRIES, came: `${guesses(answers)} guesses, then "wait ${Math.max(...answers.filter(isRefused).map(retryAfter))} s"` }
    }
  }, {
    tried: 'the same, patiently, for a month',
    async run ({ main }) {
      const { Email } = await main.register()
      const day = await persist(main, Email, [freshNetwork()], { days: 1, patience: DAY })
      await main.calm()
      const { guessed, after, wait } = await persist(main, Email, [freshNetwork()], { days: 30, patience: 6 * DAY })
      return { held: day.guessed <= 2 * LOGIN_DAY.points && guessed <= ACCOUNT.points, came: `${day.guessed} guesses in the first day, ${guessed} in ${after}, then a wait of ${Math.round(wait / DAY)} days` }
    }
  }, {
    tried: 'one account, 200 networks in 50 blocks, for a month',
    async run ({ main }) {
      const { Email } = await main.register()
      const networks = freshNetworks(200, 50)
      const burst = await many(200, i => guess(main, Email, networks[i] ?? ''), 20)
      await main.calm()
      const { guessed, after, wait } = await persist(main, Email, networks, { days: 30, patience: 6 * DAY })
      return { held: guesses(burst) <= ACCOUNT_QUARTER.points && guessed <= ACCOUNT.points, came: `${guesses(burst)} of the first 200 guesses, ${guessed} in ${after}, then a wait of ${Math.round(wait / DAY)} days` }
    }
  }, {
    tried: 'one account, from a network familiar to it, for a month',
    async run ({ main }) {
      const owner = await main.register()
      const home = freshNetwork()
      await main.login(owner, home)
      const { guessed, after, wait } = await persist(main, owner.Email, [home], { days: 30, patience: 6 * DAY })
      return { held: guessed <= ACCOUNT.points, came: `${guessed} guesses in ${after}, then a wait of ${Math.round(wait / DAY * 10) / 10} days` }
    }
  }, {
    tried: 'spraying 300 accounts twice from one network',
    run: ground => {
      const from = freshNetwork()
      return spray(ground, () => from, NETWORK_QUARTER.points)
    }
  }, {
    tried: 'from one /24 block',
    run: ground => {
      const block = freshBlock()
      return spray(ground, i => `${block}.${i % 250}`, BLOCK_QUARTER.points)
    }
  }, {
    tried: 'from one IPv6 /48',
    run: ground => spray(ground, i => `2001:db8:4:${i.toString(16)}::1`, BLOCK_QUARTER.points)
  }, {
    tried: 'spraying from one network for a day',
    async run ({ main }) {
      const from = freshNetwork()
      let guessed = 0
      for (let quarter = 0; quarter < 12; quarter++) {
        guessed += guesses(await many(NETWORK_QUARTER.points + 1, i => guess(main, `target${quarter}-${i}@example.com`, from), 10))
        await main.pass(900)
      }
      return { held: guessed <= NETWORK_DAY.points, came: `${guessed} guesses` }
    }
  }, ...withoutWork]
}, {
  id: 'L2',
  defence: 'a guess is counted before it is tried, in one atomic step of Redis',
  probes: [{
    tried: '200 guesses in parallel, one account, one network, both processes',
    async run ({ main }) {
      const { Email } = await main.register()
      const from = freshNetwork()
      const answers = await many(200, () => guess(main, Email, from))
      return { held: guesses(answers) <= TRIES && guesses(answers) > 0 && answers.every(answer => isGuess(answer) || isRefused(answer)), came: tally(answers) }
    }
  }, {
    tried: 'from 200 networks',
    async run ({ main }) {
      const { Email } = await main.register()
      const networks = freshNetworks(200, 50)
      const answers = await many(200, i => guess(main, Email, networks[i] ?? ''))
      return { held: guesses(answers) <= ACCOUNT_QUARTER.points && guesses(answers) > 0, came: tally(answers) }
    }
  }, ...workTwice]
}, {
  id: 'L3',
  defence: 'counters are named by the canonical address',
  probes: [{
    tried: '40 guesses at one account in ten spellings',
    async run ({ main }) {
      const { Email } = await main.register()
      const from = freshNetwork()
      const spellings = [Email, Email.toUpperCase(), ` ${Email}`, `${Email} `, `\t${Email}`, `${Email}\n`, Email.replace('some', 'SOME'), Email.replace('example', 'EXAMPLE'), `\u00a0${Email}`, `\ufeff${Email}\u3000`]
      const answers = await inTurn(40, i => guess(main, spellings[i % spellings.length] ?? '', from))
      return { held: guesses(answers) === TRIES, came: tally(answers) }
    }
  }]
}, {
  id: 'L4',
  defence: 'a network that the account has logged in from does not count with strangers; a reset clears the count',
  probes: [{
    tried: 'storm from 200 networks until the account is closed to strangers; its owner logs in at home meanwhile',
    async run ({ main }) {
      const owner = await main.register()
      const home = freshNetwork()
      const first = await main.login(owner, home)
      const networks = freshNetworks(200, 50)
      const during: Answer[] = []
      await Promise.all([
        many(200, i => guess(main, owner.Email, networks[i] ?? ''), 20),
        inTurn(5, async () => { during.push(await main.login(owner, home)) })
      ])
      const { guessed } = await persist(main, owner.Email, networks, { days: 30, patience: 6 * DAY })
      const strange = freshNetwork()
      const [atHome, elsewhere] = [await main.login(owner, home), await main.login(owner, strange)]
      return { held: [first, ...during, atHome].every(({ code }) => code === 200), came: `at home ${tally([first, ...during])} during it and ${atHome.code} after ${guessed} more guesses, ${elsewhere.code} from elsewhere` }
    }
  }, {
    tried: 'the account is closed to strangers, and its owner resets the password from a new network',
    async run (ground) {
      const { main } = ground
      const owner = await main.register()
      await persist(main, owner.Email, freshNetworks(200, 50), { days: 30, patience: 6 * DAY })
      const from = freshNetwork()
      const changed = { ...owner, Password: digest('a new one, after the storm') }
      const before = await main.login(owner, from)
      const asked = await main.post('/Auth/ResetPassword', { Email: owner.Email }, { from })
      const updated = await main.post('/Auth/UpdatePassword', { Email: owner.Email, Password: changed.Password, VerifyCode: ground.codeFor(owner.Email) }, { from })
      const after = await main.login(changed, from)
      const elsewhere = await main.login(changed, freshNetwork())
      return { held: before.code === 429 && [asked, updated, after, elsewhere].every(({ code }) => code === 200), came: `login ${before.code} before it, ${after.code} after, ${elsewhere.code} from anywhere else` }
    }
  }]
}]
