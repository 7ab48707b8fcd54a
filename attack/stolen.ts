import { settings } from '../src/config.ts'
import { lifetimeSeconds } from '../src/lifetime.ts'
import { limits } from '../src/limits.ts'
import { guesses, inTurn, isGuess, isRefused, many, tally, type Attack, type Outcome } from './attack.ts'
import { claimsOf, get, headerOf, loggedIn, withToken } from './forgery.ts'
import { digest, freshNetwork, freshNetworks, otherThan, somebody, type Deployment, type Ground } from './ground.ts'
import { ask, jsonOf, type Answer } from './http.ts'
import { rankTest } from './statistics.ts'
import { changeEmail, confirmEmail } from './takeover.ts'
import { guess, wrong } from './throttling.ts'

const [{ points: TRIES }] = limits.login
const [ACCOUNT_QUARTER] = limits.account
const [MAILBOX] = limits.mailbox
const CLAIMS = ['aud', 'exp', 'gen', 'iat', 'iss', 'jti', 'sid', 'sub']
const DAY = 86_400
const SAMPLES = 24
const METHODS = ['get', 'put', 'post', 'patch', 'delete', 'head']

/** Everything that tests the password of somebody who is logged in, and the login. */
const tests: Array<(deployment: Deployment, standing: { token: string, owner: { Email: string } }, from: string) => Promise<Answer>> = [
  ({ post }, { token }, from) => post('/Auth/ChangePassword', { OldPassword: wrong(), NewPassword: digest('the thief\'s') }, withToken(token, { from })),
  (deployment, { token }, from) => changeEmail(deployment, token, somebody().Email, wrong(), from),
  ({ post }, { token }, from) => post('/Auth/Account', { Password: wrong() }, withToken(token, { from, method: 'DELETE' })),
  (deployment, { owner }, from) => guess(deployment, owner.Email, from)
]

const test = (deployment: Deployment, standing: { token: string, owner: { Email: string } }, i: number, from: string): Promise<Answer> => tests[i % tests.length]?.(deployment, standing, from) ?? Promise.reject(new Error('no test'))

async function guessing ({ main }: Ground): Promise<Outcome> {
  const [one, other, home] = [await loggedIn(main), await loggedIn(main), await loggedIn(main)]
  const from = freshNetwork()
  const networks = freshNetworks(100, 25)
  const narrow = await many(80, i => test(main, one, i, from))
  const wide = await many(100, i => test(main, other, i, networks[i] ?? ''))
  const atHome = await many(40, i => test(main, home, i, home.home))
  const held = [narrow, wide, atHome].every(answers => answers.every(answer => isGuess(answer) || isRefused(answer))) && guesses(narrow) <= TRIES && guesses(wide) <= ACCOUNT_QUARTER.points && guesses(atHome) <= TRIES
  return { held, came: `${guesses(narrow)} of 80 from one network, ${guesses(wide)} of 100 from as many, ${guesses(atHome)} of 40 from the owner's own` }
}

/** All that a token alone may be turned to against its owner. */
async function alone (ground: Ground): Promise<Outcome> {
  const { main, mails } = ground
  const { owner, token } = await loggedIn(main)
  const { Email } = somebody()
  const asked = [await changeEmail(main, token, Email, digest('no idea')), await changeEmail(main, token, Email, ''), await main.post('/Auth/ChangeEmail', { Email }, withToken(token))]
  const confirmed = await many(20, i => confirmEmail(main, token, Email, otherThan('000000', i)))
  const login = await main.login(owner, freshNetwork())
  const mailed = mails.filter(({ to }) => to === Email).length
  return { held: asked.every(({ code }) => [400, 501].includes(code)) && confirmed.every(({ code }) => code === 521) && mailed === 0 && login.code === 200, came: `ChangeEmail ${tally(asked)}, ConfirmEmail ${tally(confirmed)}, ${mailed} mails` }
}

/** Names what is somebody else's: their sessions, their codes. */
async function others (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const [victim, attacker] = [await loggedIn(main), await loggedIn(main)]
  const sid = String(claimsOf(victim.token).sid)
  const ids = [sid, sid.toUpperCase(), `${sid}?UserID=${victim.id}`, `%2e%2e/${sid}`, `${sid}/`, `${sid}%00`, '*', '%25', "x'%20OR%20'1'='1", '__proto__', '00000000-0000-0000-0000-000000000000', String(victim.id)]
  const ended = await many(ids.length, i => main.post(`/Auth/Sessions/${ids[i]}`, undefined, withToken(attacker.token, { method: 'DELETE' })))
  const { Email } = somebody()
  await changeEmail(main, victim.token, Email, victim.owner.Password)
  const code = ground.codeFor(Email)
  const taken = await confirmEmail(main, attacker.token, Email, code)
  const { text } = await get(main, `/Auth/Sessions?UserID=${victim.id}`, withToken(attacker.token))
  const own = await confirmEmail(main, victim.token, Email, code)
  const checks = await main.check(victim.token)
  return { held: ended.every(({ code }) => [201, 400, 404].includes(code)) && taken.code === 520 && own.code === 200 && !text.includes(sid) && checks.every(each => each === 200), came: `DELETE ${tally(ended)}; the victim's token ${checks.join(' and ')}; the victim's code ${taken.code}, and ${own.code} for the victim` }
}

async function flood (ground: Ground): Promise<Outcome> {
  const { main, mails } = ground
  const accounts = await many(8, () => loggedIn(main), 2)
  const target = somebody().Email
  const answers: Answer[] = []
  for (let round = 0; round < 20; round++) {
    answers.push(...await many(accounts.length, i => changeEmail(main, accounts[i]?.token, target, accounts[i]?.owner.Password ?? '')))
    await main.pass(DAY / 24)
  }
  const mailed = mails.filter(({ to }) => to === target).length
  return { held: mailed === MAILBOX.points && answers.every(({ code }) => [200, 429].includes(code)), came: `${mailed} mails within a day (${tally(answers)})` }
}

async function hidden (ground: Ground): Promise<Outcome> {
  const { hidden: deployment, mails } = ground
  const { token, owner } = await loggedIn(deployment)
  const known = await many(SAMPLES, () => deployment.register(), 2)
  const pairs: Array<[Answer, Answer]> = []
  let mailed = 0
  await deployment.calm()
  for (const { Email } of known) {
    const other = somebody().Email
    const before = mails.filter(({ to }) => to === Email).length
    pairs.push([await changeEmail(deployment, token, Email, owner.Password), await changeEmail(deployment, token, other, owner.Password)])
    if (mails.filter(({ to }) => to === Email).length > before && mails.some(({ to }) => to === other)) mailed++
  }
  const [ones, twos] = [pairs.map(([one]) => one), pairs.map(([, two]) => two)]
  const { auc, p } = rankTest(ones.map(({ ms }) => ms), twos.map(({ ms }) => ms))
  const bytes = new Set(pairs.flat().map(answer => answer.bytes))
  return { held: bytes.size === 1 && mailed === SAMPLES && !(p < 0.001 && Math.abs(auc - 0.5) > 0.25), came: `bytes ${bytes.size === 1 ? 'alike' : 'differ'}, ${mailed} of ${SAMPLES} pairs mailed, AUC ${auc.toFixed(2)}, p = ${p.toFixed(2)}` }
}

const EXTRA: Array<Record<string, unknown>> = [{ Role: 'super_admin' }, { role: 'super_admin' }, { TokenVersion: 0 }, { DisabledAt: null }, { Disabled: false }, { UserID: 1 }, { Account: { Role: 'super_admin' } }, { EmailKey: 'x' }, { ReservedUntil: '2000-01-01' }, { Generation: 0 }, { id: 1 }]

async function assigned ({ main }: Ground): Promise<Outcome> {
  const { owner, token, id } = await loggedIn(main)
  const row = (): Promise<unknown> => main.rows('SELECT UserID, UserName, Email, Role, TokenVersion, Password, DisabledAt FROM Users WHERE UserID = ?', [id])
  const before = JSON.stringify(await row())
  const bodies: Array<[string, string, Record<string, unknown>]> = [
    ['POST', '/Auth/ChangePassword', { OldPassword: owner.Password, NewPassword: digest('another') }], ['POST', '/Auth/ChangeEmail', { Email: somebody().Email, Password: owner.Password }], ['POST', '/Auth/ConfirmEmail', { Email: somebody().Email, VerifyCode: '000000' }], ['POST', '/Auth/Logout', {}], ['DELETE', '/Auth/Account', { Password: owner.Password }]
  ]
  const asked = bodies.flatMap(([method, path, body]) => EXTRA.map(extra => ({ method, path, body: { ...body, ...extra } })))
  const answers = await many(asked.length, i => main.post(asked[i]?.path ?? '', asked[i]?.body, withToken(token, { method: asked[i]?.method ?? '' })), 10)
  return { held: answers.every(({ code }) => code === 400) && before === JSON.stringify(await row()), came: `${tally(answers)}; the row is as it was` }
}

/** Every operation under /Admin that the document names, and some that others would have, for those who are nobody there. */
async function administration ({ main }: Ground): Promise<Outcome> {
  const { token, id } = await loggedIn(main)
  const { text } = await get(main, '/openapi.json')
  const paths: unknown = jsonOf(text).paths
  const documented = Object.entries(Object(paths)).filter(([path]) => /^\/admin/i.test(path)).flatMap(([path, item]) => Object.keys(Object(item)).filter(method => METHODS.includes(method)).map(method => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, id) })))
  const guessed = ['/Admin', '/Admin/Users', '/Admin/Accounts', '/Admin/Events', '/admin/users', `/Admin/Users/${id}`].map(path => ({ method: 'GET', path }))
  const asked = [...documented, ...guessed]
  const answers = await many(asked.length, async i => {
    const { method = '', path = '' } = asked[i] ?? {}
    return Promise.all([{}, withToken('x'), withToken(token), withToken(token, { headers: { 'x-auth-role': 'super_admin', 'x-auth-user-id': '1' } })].map(asking => ask(main.processes[0]?.url ?? '', path, { ...asking, method, ...(['POST', 'PUT', 'PATCH'].includes(method) && { body: {} }) })))
  }, 5)
  const held = answers.every(([none, bad, ordinary, claiming], i) => i < documented.length
    ? none?.status === 401 && bad?.status === 401 && ordinary?.status === 403 && claiming?.status === 403
    : [none, bad, ordinary, claiming].every(answer => answer !== undefined && answer.status >= 400))
  return { held, came: `${documented.length} operations documented (${tally(answers.slice(0, documented.length).flat()) || 'none'}), ${guessed.length} guessed (${tally(answers.slice(documented.length).flat())})` }
}

/** Refreshes on and on, a day before the longest life of the session ends. */
async function lifetime ({ main }: Ground): Promise<Outcome> {
  const longest = lifetimeSeconds(settings.SESSION_EXPIRES_IN.default)
  let { token } = await loggedIn(main)
  const sid = String(claimsOf(token).sid)
  await main.rows('UPDATE Sessions SET CreatedAt = CreatedAt - INTERVAL ? SECOND WHERE SessionID = ?', [String(longest - DAY), sid])
  await inTurn(3, async () => { token = String((await main.post('/Auth/Refresh', undefined, withToken(token))).body.Token) })
  const left = Number(claimsOf(token).exp) - Date.now() / 1000
  await main.rows('UPDATE Sessions SET CreatedAt = CreatedAt - INTERVAL ? SECOND, ExpiresAt = ExpiresAt - INTERVAL ? SECOND WHERE SessionID = ?', [String(DAY + 60), String(DAY + 60), sid])
  const after = await main.post('/Auth/Refresh', undefined, withToken(token))
  return { held: left <= DAY + 5 && after.code === 401, came: `the last token has ${(left / 3600).toFixed(1)} hours left of the session's ${longest / DAY} days; then ${after.code}` }
}

export const stolen: Attack[] = [{
  id: 'T10',
  defence: 'what cannot be undone takes the password, under the limits of the login; claims are numbers; a session has an end',
  probes: [
    { tried: 'passwords guessed with a stolen token at ChangePassword, ChangeEmail and DELETE Account, and at the login', run: guessing },
    { tried: 'the account moved with the token alone', run: alone },
    { tried: 'sessions and codes of others, by name', run: others },
    { tried: 'eight accounts bombing a mailbox through ChangeEmail for a day', run: flood },
    { tried: 'who has an account, asked of ChangeEmail with HIDE_ACCOUNTS', run: hidden },
    { tried: `${EXTRA.length} fields that are not the client's at 5 routes`, run: assigned },
    { tried: 'administration, by nobody and by an ordinary account', run: administration },
    { tried: 'refreshing for ever', run: lifetime },
    {
      tried: 'what a token says',
      async run ({ main, dear }) {
        const all = await Promise.all([main, dear].map(deployment => loggedIn(deployment)))
        const names = all.map(({ token }) => Object.keys(claimsOf(token)).sort().join())
        const told = all.filter(({ token, owner }) => [owner.Email, owner.Name, 'user', 'admin', '127.0.0.1'].some(word => JSON.stringify([headerOf(token), claimsOf(token)]).toLowerCase().includes(word.toLowerCase())))
        return { held: names.every(each => each === CLAIMS.join()) && told.length === 0, came: CLAIMS.join(', ') }
      }
    }
  ]
}]
