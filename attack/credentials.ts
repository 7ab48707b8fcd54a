import { setTimeout as sleep } from 'node:timers/promises'
import { quantile } from '../bench/figure.ts'
import { many, tally, type Attack } from './attack.ts'
import { digest, freshNetwork, freshNetworks, somebody, type Deployment, type Ground, type Person } from './ground.ts'
import { ask, type Answer } from './http.ts'
import { LEAST_REFUSED, screening, shortest } from './screening.ts'

const HEALTH_MS = 200
const AT_ONCE = 200

/** Asks for the health of a process over and over while something goes on. */
async function healthDuring (urls: string[], goesOn: Promise<unknown>): Promise<number[]> {
  const times: number[] = []
  const over = new AbortController()
  const watched = urls.map(async url => {
    while (!over.signal.aborted) {
      times.push((await ask(url, '/health', { method: 'GET' })).ms)
      await sleep(10)
    }
  })
  await goesOn.finally(() => { over.abort() })
  await Promise.all(watched)
  return times
}

/** 200 logins at once from as many networks, at accounts that do not exist, which cost the same. */
async function crowd ({ dear }: Ground): Promise<{ held: boolean, came: string }> {
  const networks = freshNetworks(AT_ONCE, 50)
  const answers: Answer[] = []
  const storm = many(AT_ONCE, async i => { answers.push(await dear.login(somebody(), networks[i] ?? '')) })
  const health = await healthDuring(dear.processes.map(({ url }) => url), storm)
  const busy = answers.filter(({ code }) => code === 529)
  const p99 = quantile(health, 0.99)
  const told = quantile(busy.map(({ ms }) => ms), 0.95)
  const held = p99 < HEALTH_MS && busy.length > 0 && busy.every(({ status, headers }) => status === 503 && Number(headers['retry-after']) > 0) && answers.every(({ code }) => [501, 529].includes(code)) && told < 2_000
  return { held, came: `${tally(answers)} with Retry-After, 95 % of these within ${told.toFixed(0)} ms; ${health.length} answers of /health, p99 ${p99.toFixed(0)} ms, worst ${Math.max(...health).toFixed(0)} ms` }
}

/** One network with many accounts against everybody else. */
async function hog ({ dear }: Ground): Promise<{ held: boolean, came: string }> {
  const owner = await dear.register()
  const from = freshNetwork()
  const storm = many(90, () => dear.login(somebody(), from))
  const others = await many(6, () => dear.login(owner, freshNetwork()), 2)
  return { held: others.every(({ code }) => code === 200), came: `${tally(await storm)}; others meanwhile ${tally(others)}` }
}

const salt = 'c2l4dGVlbiBieXRlcyBvaw'
const key = 'A'.repeat(43)
const TAMPERED = [
  '', '$', '$$$$', 'x'.repeat(255), '\u0000', '{"$ne":null}', 'e'.repeat(64), `$pbkdf2-sm3$i=99999999,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=0,l=32$${salt}$${key}`,
  `$pbkdf2-sm3$i=-1,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=1e7,l=32$${salt}$${key}`, `$pbkdf2-sm3$i=50000,l=999999999$${salt}$${key}`, `$pbkdf2-sm3$l=32$${salt}$${key}`,
  `$pbkdf2-sm3$i=50000,l=32,keyid=constructor$${salt}$${key}`, `$pbkdf2-sm3$i=50000,l=32,inner=md5$${salt}$${key}`, `$argon2id$v=19$m=4194304,t=1,p=1$${salt}$${key}`,
  `$argon2id$v=19$m=65536,t=4294967295,p=1$${salt}$${key}`, `$argon2id$v=19$m=65536,t=3,p=255$${salt}$${key}`, `$argon2id$v=19$m=1,t=1,p=4$${salt}$${key}`, `$scrypt$ln=30,r=8,p=1$${salt}$${key}`
]
/** The most that a row may ask for. */
const COSTLIEST = [`$argon2id$v=19$m=262144,t=10,p=4$${salt}$${key}`, `$pbkdf2-sm3$i=10000000,l=32$${salt}$${key}`]

const put = (deployment: Deployment, { Email }: Person, row: string): ReturnType<Deployment['rows']> => deployment.rows('UPDATE Users SET Password = ? WHERE EmailKey = ?', [row, Email])

async function tampered ({ dear }: Ground): Promise<{ held: boolean, came: string }> {
  const victims = await many(4, () => dear.register())
  const answers: Answer[] = []
  for (const [i, row] of TAMPERED.entries()) {
    const victim = victims[i % victims.length] ?? somebody()
    await put(dear, victim, row)
    answers.push(await dear.login(victim, freshNetwork()))
  }
  const slowest = Math.max(...answers.map(({ ms }) => ms))
  return { held: answers.every(({ code }) => code === 501) && slowest < 2_000, came: `${tally(answers)}, the slowest in ${slowest.toFixed(0)} ms` }
}

async function costliest ({ dear }: Ground): Promise<{ held: boolean, came: string }> {
  const [owner, ...victims] = await many(3, () => dear.register())
  for (const [i, row] of COSTLIEST.entries()) await put(dear, victims[i] ?? somebody(), row)
  // One at each process: a thread of each is left for the others.
  const taken = many(COSTLIEST.length, i => dear.login(victims[i] ?? somebody(), freshNetwork()))
  const others: Answer[] = []
  const health = await healthDuring(dear.processes.map(({ url }) => url), Promise.all([taken, many(6, async () => { others.push(await dear.login(owner ?? somebody(), freshNetwork())) }, 2)]))
  const answers = await taken
  const p99 = quantile(health, 0.99)
  return { held: answers.every(({ code }) => code === 501) && others.every(({ code }) => code === 200) && p99 < HEALTH_MS, came: `${answers.map(({ code, ms }) => `${code} in ${(ms / 1000).toFixed(1)} s`).join(', ')}; other logins meanwhile within ${Math.max(...others.map(({ ms }) => ms)).toFixed(0)} ms, /health p99 ${p99.toFixed(0)} ms` }
}

async function stolen ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const Password = digest('one password for all')
  const people = await many(12, () => main.register({ ...somebody(), Password }), 4)
  const rows = await main.rows(`SELECT * FROM Users WHERE EmailKey IN (${people.map(() => '?').join()})`, people.map(({ Email }) => Email))
  const hashes = rows.map(row => String(row.Password))
  const phc = hashes.filter(hash => /^\$pbkdf2-sm3\$i=\d+,l=32\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/.test(hash))
  const salts = new Set(hashes.map(hash => hash.split('$')[3]))
  const text = JSON.stringify(rows).toLowerCase()
  const readable = [Password, Buffer.from(Password, 'hex').toString('base64'), digest(Password)].some(form => text.includes(form.toLowerCase()))
  const keys = new Set(hashes.map(hash => hash.split('$')[4]))
  // The thief sends what was found.
  const logins = await many(4, async i => main.login({ Name: '', Email: people[i]?.Email ?? '', Password: [hashes[i] ?? '', [...keys][i] ?? '', Buffer.from([...keys][i] ?? '', 'base64').toString('hex'), digest(hashes[i] ?? '')][i] ?? '' }, freshNetwork()))
  return { held: phc.length === 12 && salts.size === 12 && keys.size === 12 && !readable && logins.every(({ code }) => code === 501), came: `${phc.length} PHC strings, ${salts.size} salts of 16 bytes, ${keys.size} hashes for one password; what was found, sent as the password: ${tally(logins)}` }
}

/** Peppered rows as a thief, or an operator who lost the pepper, would use them. */
async function peppered ({ hidden, main }: Ground): Promise<{ held: boolean, came: string }> {
  const owner = await hidden.register()
  const hashOf = async (): Promise<string> => String((await hidden.rows('SELECT Password FROM Users WHERE EmailKey = ?', [owner.Email]))[0]?.Password)
  const keyed = await hashOf()
  const [, id = ''] = /,keyid=([0-9a-f]{8})\$/.exec(keyed) ?? []
  const right = await hidden.login(owner, freshNetwork())
  const rows = [keyed.replace(id, '00000000'), keyed.replace(`,keyid=${id}`, ''), keyed.replace(`keyid=${id}`, 'keyid=x'), `${keyed}x`]
  const answers: Answer[] = []
  for (const row of rows) {
    await put(hidden, owner, row)
    answers.push(await hidden.login(owner, freshNetwork()))
  }
  // The same table at a service that has no pepper.
  await main.register(owner)
  await put(main, owner, keyed)
  answers.push(await main.login(owner, freshNetwork()))
  await put(hidden, owner, keyed)
  const again = await hidden.login(owner, freshNetwork())
  return { held: id !== '' && right.code === 200 && again.code === 200 && answers.every(({ code }) => code === 501), came: `${tally(answers)}; with the row as it was ${again.code}` }
}

async function defaults ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const names = ['admin@example.com', 'root@example.com', 'administrator@dream.example', 'noreply@dream.example', 'admin@dream.example', 'test@example.com']
  const passwords = ['admin', 'password', '123456', 'admin123', 'dream', 'changeme']
  const logins = await Promise.all(names.map((Email, i) => main.login({ Name: '', Email, Password: passwords[i] ?? '' }, freshNetwork())))
  const person = somebody()
  const inputs = await Promise.all([{ Role: 'super_admin' }, { role: 'super_admin' }, { UserID: 1 }, { TokenVersion: 0 }].map(extra => main.post('/Auth/Sign', { ...person, ...extra }, { from: freshNetwork() })))
  const member = await main.register()
  const login = await main.login(member, freshNetwork())
  const [admins] = await main.rows("SELECT COUNT(*) AS n FROM Users WHERE Role <> 'user'")
  return { held: logins.every(({ code }) => code === 501) && inputs.every(({ code }) => code === 400) && login.code === 200 && Number(admins?.n) === 0, came: `${tally(logins)}; a role in the body ${tally(inputs)}; ${String(admins?.n)} administrators in the table` }
}

export const credentials: Attack[] = [
  { id: 'C1', defence: 'PBKDF2-HMAC-SM3 with a salt of its own for each, as a PHC string', probes: [{ tried: 'the stolen table of 12 accounts with one password', run: stolen }] },
  { id: 'C3', defence: 'passwords are screened by their digests when they are chosen', probes: [{ tried: `${LEAST_REFUSED} common and personal passwords at Sign, Verify and UpdatePassword, digested and plain`, run: screening }, shortest] },
  {
    id: 'C4',
    defence: 'what a row may ask for is bounded; anything else is taken for damaged and costs one hash',
    probes: [{ tried: `${TAMPERED.length} tampered rows`, run: tampered }, { tried: 'the costliest rows that are accepted (Argon2id with 256 MiB and 10 passes, PBKDF2 with 10,000,000 iterations)', run: costliest }]
  },
  { id: 'C6', defence: 'a hash names its pepper, which is outside the database; without it nobody can tell', probes: [{ tried: 'rows of another pepper, of none, damaged, and at a service without it, with the right password', run: peppered }] },
  { id: 'C7', defence: 'hashes run on threads of low priority behind a bounded queue, a third of it at most for one block', probes: [{ tried: `${AT_ONCE} parallel logins from as many networks`, run: crowd }, { tried: '90 parallel logins from one network', run: hog }] },
  { id: 'C8', defence: 'no account is there before somebody makes it, and no input names a role', probes: [{ tried: 'default accounts; roles in the body', run: defaults }] }
]
