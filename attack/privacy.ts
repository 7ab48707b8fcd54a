import { setTimeout as sleep } from 'node:timers/promises'
import { settings } from '../src/config.ts'
import { FAMILIAR_SECONDS, limits } from '../src/limits.ts'
import { inTurn, many, tally, type Attack, type Outcome } from './attack.ts'
import { askReset } from './codes.ts'
import { claimsOf, get, loggedIn, withToken } from './forgery.ts'
import { digest, freshNetwork, freshNetworks, somebody, type Deployment, type Ground, type Person } from './ground.ts'
import { changeEmail, confirmEmail } from './takeover.ts'

const LONGEST = Math.max(FAMILIAR_SECONDS, ...Object.values(limits).flat().map(({ seconds }) => seconds))
const CODE_TTL = settings.VERIFY_CODE_TTL.maximum ?? 0
/** When what was under way has been erased as well. */
const LATE_MS = 6_000
/** What the processes write by themselves. */
const OF_PROCESSES = /^dream:(health$|revocations:)/
/** What is counted for networks and blocks is not the account's. */
const OF_NETWORKS = /throttle:(mail|guess|network|block)/

/** Every row of every table and every key of Redis, as text. */
async function everything (deployment: Deployment): Promise<string> {
  const found: string[] = []
  for (const { name } of await deployment.rows('SELECT TABLE_NAME AS name FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()')) {
    for (const row of await deployment.rows(`SELECT * FROM \`${String(name)}\``)) found.push(`${String(name)} ${Object.entries(row).map(([column, value]) => `${column}=${String(value)}`).join(' ')}`)
  }
  const readers: Record<string, (key: string) => Promise<unknown>> = { hash: key => deployment.redis.hgetall(key), set: key => deployment.redis.smembers(key), string: key => deployment.redis.get(key) }
  for (const key of await deployment.redis.keys('*')) found.push(`${key} ${JSON.stringify(await readers[await deployment.redis.type(key)]?.(key))}`)
  return found.join('\n')
}

const remove = ({ post }: Deployment, token: unknown, Password: string): ReturnType<Deployment['post']> => post('/Auth/Account', { Password }, withToken(token, { method: 'DELETE', from: freshNetwork() }))

interface Lived { person: Person, former: string, token: string, id: string, traces: string[] }

/** An account that has done everything that leaves a trace. */
async function lived (ground: Ground, deployment: Deployment): Promise<Lived> {
  const { owner, token, id, home } = await loggedIn(deployment)
  const { Email } = somebody()
  for (const from of freshNetworks(3, 3)) {
    await deployment.login({ ...owner, Password: digest('wrong') }, from)
    await deployment.login(owner, from)
  }
  await changeEmail(deployment, token, Email, owner.Password, home)
  await confirmEmail(deployment, token, Email, ground.codeFor(Email), home)
  await askReset(deployment, Email, home)
  await deployment.login({ ...owner, Email, Password: digest('wrong') }, freshNetwork())
  const { body } = await get(deployment, '/Auth/Account', withToken(token))
  const events: Array<Record<string, unknown>> = Array.isArray(body.Events) ? body.Events : []
  await sleep(200)
  const hashes = (await deployment.rows('SELECT DISTINCT Account FROM Events WHERE UserID = ?', [id])).map(({ Account }) => String(Account))
  return { person: { ...owner, Email }, former: owner.Email, token, id, traces: [owner.Email, Email, owner.Name, String(claimsOf(token).sid), ...hashes, ...events.map(({ RequestID }) => String(RequestID))] }
}

async function traces (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const { person, former, token, id, traces } = await lived(ground, main)
  const before = await everything(main)
  const seen = traces.filter(trace => before.includes(trace)).length
  const removed = await remove(main, token, person.Password)
  await sleep(300)
  const after = await everything(main)
  // One event is left, under the hash of the address that the account had.
  const left = traces.filter(trace => after.split('\n').some(line => line.includes(trace) && !/Type=deletion Outcome=success/.test(line)))
  const numbered = (await Promise.all(['Users', 'Sessions', 'FormerEmails', 'PendingNotices', 'Events'].map(table => main.rows(`SELECT 1 FROM ${table} WHERE UserID = ?`, [id])))).flat().length
  const keys = (await main.redis.keys('*')).filter(key => !OF_NETWORKS.test(key) && !OF_PROCESSES.test(key))
  const login = await Promise.all([person.Email, former].map(Email => main.login({ ...person, Email }, freshNetwork())))
  return { held: removed.code === 200 && seen === traces.length && left.length === 0 && numbered === 0 && keys.length === 0 && login.every(({ code }) => code === 501), came: `${seen} of ${traces.length} traces before, ${left.length} after, ${numbered} rows with its number, ${keys.length} keys in Redis` }
}

/** Asks for everything that writes about the account, at both processes, while it is deleted. */
async function racing ({ dear }: Ground): Promise<Outcome> {
  let rows: string[] = []
  let good = 0
  const answers = await many(4, async () => {
    const { owner, token, id, home } = await loggedIn(dear)
    const [, more] = await Promise.all([
      (async () => { await sleep(15); return remove(dear, token, owner.Password) })(),
      many(12, async i => {
        await sleep(i * 6)
        if (i % 4 === 0) return get(dear, '/Auth/Account', withToken(token))
        if (i % 4 === 1) return dear.post('/Auth/Refresh', undefined, withToken(token))
        return dear.login(owner, home)
      })
    ])
    await sleep(LATE_MS)
    const gone = await dear.rows('SELECT 1 FROM Users WHERE UserID = ?', [id])
    for (const table of ['Sessions', 'FormerEmails', 'PendingNotices', 'Events']) rows = rows.concat((await dear.rows(`SELECT * FROM ${table} WHERE UserID = ?`, [id])).map(row => `${table} ${String(row.Type ?? '')}`.trim()))
    for (const { body } of more) if (typeof body.Token === 'string') good += (await dear.check(body.Token)).filter(code => code === 200).length
    if (gone.length > 0) rows.push('Users')
    return more
  }, 2)
  return { held: rows.length === 0 && good === 0, came: `${tally(answers.flat())}; ${good} tokens good, ${rows.length} rows left${rows.length === 0 ? '' : ` (${[...new Set(rows)].join(', ')})`}` }
}

async function inherited (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const { person, former, token, id } = await lived(ground, main)
  await remove(main, token, person.Password)
  const heirs = await inTurn(2, i => loggedIn(main, { ...somebody(), ...(i === 0 && { Name: person.Name }), Email: [person.Email, former][i] ?? '' }))
  const exports = await Promise.all(heirs.map(heir => get(main, '/Auth/Account', withToken(heir.token))))
  const clean = exports.every(({ body }) => Array.isArray(body.FormerEmails) && body.FormerEmails.length === 0 && Array.isArray(body.Sessions) && body.Sessions.length === 1 && Array.isArray(body.Events) && body.Events.every(event => ['sign', 'verify', 'login', 'deletion'].includes(Object(event).Type)))
  const old = await main.check(token)
  const refreshed = await main.post('/Auth/Refresh', undefined, withToken(token))
  const password = await Promise.all(heirs.map(({ owner }) => main.login({ ...owner, Password: person.Password }, freshNetwork())))
  return { held: clean && old.every(code => code === 401) && refreshed.code === 401 && heirs.every(heir => heir.id !== id) && password.every(({ code }) => code === 501), came: `numbers ${heirs.some(heir => heir.id === id) ? 'given again' : 'new'}; the old token ${old.join(' and ')}, the old password ${tally(password)}; what they export is ${clean ? 'their own' : 'not only theirs'}` }
}

export const privacy: Attack[] = [{
  id: 'V1',
  defence: 'row, sessions, reservations, codes, counters and events go together; one event of a hash says that it was so',
  probes: [
    { tried: 'every table and every key, read for the person before and after', run: traces },
    { tried: 'logins, refreshes and exports at both processes while the account is deleted, four times', run: racing },
    { tried: 'whoever signs up with the addresses and the name of somebody who is gone', run: inherited }
  ]
}, {
  id: 'V2',
  defence: 'the token says whose data it is, and nothing else does',
  probes: [{
    tried: 'the data of another, by query, body and headers; the hash in one\'s own',
    async run ({ main }) {
      const [victim, attacker] = [await loggedIn(main), await loggedIn(main)]
      const [row] = await main.rows('SELECT Password FROM Users WHERE UserID = ?', [victim.id])
      const asked = [`?UserID=${victim.id}`, `?Email=${victim.owner.Email}`, `/${victim.id}`, `;UserID=${victim.id}`, '']
      const answers = await many(asked.length, i => get(main, `/Auth/Account${asked[i]}`, withToken(attacker.token, { headers: { 'x-auth-user-id': victim.id, 'x-user-id': victim.id } })))
      const own = await get(main, '/Auth/Account', withToken(victim.token))
      const secrets = [victim.owner.Email, String(claimsOf(victim.token).sid), String(row?.Password)]
      const told = answers.filter(({ text }) => secrets.some(secret => text.includes(secret))).length
      const held = told === 0 && own.code === 200 && own.text.includes(victim.owner.Email) && !own.text.includes(String(row?.Password)) && !own.text.includes(victim.token)
      return { held, came: `${tally(answers)}, ${told} of another; one's own without the hash` }
    }
  }]
}, {
  id: 'V3',
  defence: 'nothing is kept of an address before it is verified but keyed hashes, and all of them expire',
  probes: [{
    tried: '30 addresses signed up, reset and guessed at, and never verified; then time goes by',
    async run ({ main }) {
      const people = Array.from({ length: 30 }, somebody)
      await many(people.length, async i => {
        const person = people[i] ?? somebody()
        await main.post('/Auth/Sign', person, { from: freshNetwork() })
        await main.login(person, freshNetwork())
        await main.post('/Auth/Verify', { ...person, VerifyCode: '000000' }, { from: freshNetwork() })
      }, 5)
      const keys = (await main.redis.keys('*')).filter(key => !OF_PROCESSES.test(key))
      const lives = await Promise.all(keys.map(async key => ({ key, ms: await main.redis.pttl(key) })))
      const found = await everything(main)
      const readable = people.filter(({ Email, Name }) => found.includes(Email) || found.includes(Name)).length
      await main.pass(CODE_TTL)
      const codes = (await main.redis.keys('dream:code:*')).length
      await main.pass(LONGEST)
      const left = (await main.redis.keys('*')).filter(key => !OF_PROCESSES.test(key)).length
      const held = readable === 0 && lives.every(({ ms }) => ms > 0 && ms <= LONGEST * 1000) && codes === 0 && left === 0
      return { held, came: `${readable} readable; of ${keys.length} keys ${lives.filter(({ ms }) => ms < 0).length} without an end; ${codes} codes after ${CODE_TTL} s, ${left} keys after ${LONGEST / 86_400} days` }
    }
  }]
}]
