import { guesses, many, tally, type Attack } from './attack.ts'
import { askReset, update } from './codes.ts'
import { digest, freshNetwork, freshNetworks, soon, type Ground } from './ground.ts'

const poison: Array<Record<string, string>> = [
  { host: 'evil.example' },
  { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
  { origin: 'https://evil.example', referer: 'https://evil.example/reset' },
  { forwarded: 'host=evil.example;proto=https', 'x-original-url': '//evil.example', 'x-host': 'evil.example' },
  { host: 'evil.example:80@127.0.0.1', 'accept-language': 'en, evil.example' }
]

async function poisoned (ground: Ground, headers: Record<string, string>): Promise<boolean> {
  const { main, mails } = ground
  const { Email } = await main.register()
  const mailed = (): number => mails.filter(({ to }) => to === Email).length
  const before = mailed()
  const answer = await main.post('/Auth/ResetPassword', { Email }, { from: freshNetwork(), headers })
  const mail = mails.findLast(({ to }) => to === Email)
  const source = ground.smtp.sources.findLast(text => text.includes(Email)) ?? ''
  // A Host that cannot be one is refused, and nothing is mailed.
  if (answer.code === 400) return mailed() !== before
  return answer.code !== 200 || /evil|https?:\/\/(?!www\.w3\.org)/i.test(`${mail?.subject} ${mail?.text} ${mail?.html} ${source}`)
}

export const reset: Attack[] = [{
  id: 'P1',
  defence: 'asking for a code changes nothing',
  probes: [{
    tried: 'a stranger asks for a reset',
    async run ({ main }) {
      const owner = await main.register()
      const home = freshNetwork()
      const { body } = await main.login(owner, home)
      const before = await main.rows('SELECT Password, TokenVersion FROM Users WHERE EmailKey = ?', [owner.Email])
      await askReset(main, owner.Email, freshNetwork())
      const after = await main.rows('SELECT Password, TokenVersion FROM Users WHERE EmailKey = ?', [owner.Email])
      const [login, tokens] = [await main.login(owner, home), await main.check(body.Token)]
      return { held: JSON.stringify(before) === JSON.stringify(after) && login.code === 200 && tokens.every(code => code === 200), came: `row unchanged, login ${login.code}, token ${tokens.join(' and ')}` }
    }
  }]
}, {
  id: 'P2',
  defence: 'the hash of a code is bound to the address',
  probes: [{
    tried: 'the attacker\'s own code for the victim\'s account, in five spellings of the address',
    async run (ground) {
      const { main } = ground
      const [victim, attacker] = [await main.register(), await main.register()]
      await askReset(main, victim.Email, freshNetwork())
      await askReset(main, attacker.Email, freshNetwork())
      const own = ground.codeFor(attacker.Email)
      const spellings = [victim.Email, victim.Email.toUpperCase(), ` ${victim.Email} `, `\t${victim.Email}`, `${victim.Email}\r\n`]
      const answers = await many(5, i => update(main, spellings[i] ?? '', own, freshNetwork()))
      const login = await main.login(victim, freshNetwork())
      return { held: guesses(answers) === 5 && login.code === 200, came: `${tally(answers)}; the victim logs in: ${login.code}` }
    }
  }]
}, {
  id: 'P3',
  defence: 'no code, no change',
  probes: [{
    tried: 'UpdatePassword with 100 codes, none of which was asked for',
    async run ({ main }) {
      const { Email } = await main.register()
      const networks = freshNetworks(100, 25)
      const answers = await many(100, i => update(main, Email, String(i * 9_999).padStart(6, '0'), networks[i] ?? ''), 20)
      return { held: answers.every(({ code }) => code === 521), came: tally(answers) }
    }
  }]
}, {
  id: 'P4',
  defence: 'hash and token version change in one statement; codes are revoked and a notice is mailed',
  probes: [{
    tried: 'tokens, the used code and the old password after a reset',
    async run (ground) {
      const { main, mails } = ground
      const owner = await main.register()
      const from = freshNetwork()
      const tokens = (await many(3, () => main.login(owner, from))).map(({ body }) => body.Token)
      await askReset(main, owner.Email, from)
      const code = ground.codeFor(owner.Email)
      const updated = await update(main, owner.Email, code, from)
      const checks = (await Promise.all(tokens.map(token => main.check(token)))).flat()
      const again = await update(main, owner.Email, code, from)
      const old = await main.login(owner, from)
      const noticed = await soon(() => mails.findLast(({ to }) => to === owner.Email)?.subject.includes('密码已更改') === true)
      const told = Object.keys(updated.body).join(',')
      const held = updated.code === 200 && told === 'Code,Msg' && checks.length === 6 && checks.every(each => each === 401) && again.code === 521 && old.code === 501 && noticed
      return { held, came: `three tokens 401 on both processes, code ${again.code}, old password ${old.code}, notice ${noticed ? 'mailed' : 'missing'}, answer has ${told} alone` }
    }
  }, {
    tried: 'logins with the old password racing the reset',
    async run (ground) {
      const { dear } = ground
      const owner = await dear.register()
      const networks = freshNetworks(12, 12)
      await askReset(dear, owner.Email, freshNetwork())
      const racing = many(12, i => dear.login(owner, networks[i] ?? ''))
      const updated = await update(dear, owner.Email, ground.codeFor(owner.Email), freshNetwork(), digest('the new one'))
      const logins = await racing
      const checks = (await Promise.all(logins.filter(({ body }) => body.Token !== undefined).map(({ body }) => dear.check(body.Token)))).flat()
      const after = await dear.login({ ...owner, Password: digest('the new one') }, freshNetwork())
      return { held: updated.code === 200 && after.code === 200 && checks.every(code => code === 401), came: `logins ${tally(logins)}, of their tokens ${checks.filter(code => code === 200).length} good after it` }
    }
  }]
}, {
  id: 'P5',
  defence: 'mails hold no link, and nothing of the request but the address',
  probes: [{
    tried: `${poison.length} sets of poisoned headers (Host, X-Forwarded-Host, Origin, Forwarded …)`,
    async run (ground) {
      const found = await Promise.all(poison.map(headers => poisoned(ground, headers)))
      return { held: !found.includes(true), came: `${found.filter(Boolean).length} mails show any of it` }
    }
  }]
}]
