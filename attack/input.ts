import { inTurn, many, tally, type Attack } from './attack.ts'
import { digest, freshNetwork, somebody, type Ground } from './ground.ts'
import { witnessed, type Answer } from './http.ts'
import { addresses, coercions, crooked, names, repeated, sized, types } from './payloads.ts'

const ROUTES = ['/Auth/Login', '/Auth/Sign', '/Auth/Verify', '/Auth/ResetPassword', '/Auth/UpdatePassword']

/** A body that a route accepts, so that the one bad thing in it is what it is refused for. */
function sound (path: string): Record<string, unknown> {
  const { Name, Email, Password } = somebody()
  switch (path) {
    case '/Auth/Login': return { Email, Password }
    case '/Auth/Sign': return { Name, Email, Password }
    case '/Auth/Verify': return { Name, Email, Password, VerifyCode: '123456' }
    case '/Auth/ResetPassword': return { Email }
    default: return { Email, Password, VerifyCode: '123456' }
  }
}

/** Sends each payload to each route; all must be refused with one of the Codes. */
async function refusedEverywhere ({ main }: Ground, payloads: Array<(body: Record<string, unknown>) => string | Buffer>, allowed: number[]): Promise<{ held: boolean, came: string }> {
  const answers = await many(ROUTES.length * payloads.length, i => {
    const path = ROUTES[i % ROUTES.length] ?? ''
    return main.post(path, payloads[Math.floor(i / ROUTES.length)]?.(sound(path)), { from: freshNetwork() })
  }, 10)
  return { held: answers.every(({ code, status }) => allowed.includes(code) && status === code), came: tally(answers) }
}

async function withTypes ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const answers = await many(types.length, i => main.post('/Auth/ResetPassword', JSON.stringify(sound('/Auth/ResetPassword')), { from: freshNetwork(), headers: types[i] ?? {} }), 10)
  return { held: answers.every(({ code }) => [400, 415].includes(code)), came: tally(answers) }
}

const timeOf = async (run: () => Promise<Answer>): Promise<number> => Math.min(...(await inTurn(3, run)).map(({ ms }) => ms))

/** Whether what an expression takes grows no faster than the text. */
async function linear ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const shapes = [(n: number) => `${'a.'.repeat(n)}@`, (n: number) => `a@${'a-'.repeat(n)}`, (n: number) => `a@${'a.'.repeat(n)}`, (n: number) => `${'!'.repeat(2 * n)}@${'a'.repeat(n)}`, (n: number) => ' '.repeat(4 * n) + 'x']
  const times = await Promise.all(shapes.map(shape => timeOf(() => main.post('/Auth/ResetPassword', { Email: shape(3_500) }, { from: freshNetwork() }))))
  return { held: Math.max(...times) < 250, came: `16 KiB addresses made for backtracking: at most ${Math.max(...times).toFixed(0)} ms` }
}

async function hostileAddresses ({ main, mails, smtp }: Ground): Promise<{ held: boolean, came: string }> {
  const before = mails.length
  const answers = await many(addresses.length, i => main.post('/Auth/Sign', { ...somebody(), Email: addresses[i] }, { from: freshNetwork() }), 5)
  const stored = await main.rows("SELECT COUNT(*) AS n FROM Users WHERE Email NOT REGEXP '^[ -~]+@[ -~]+$' OR Email LIKE '%,%'")
  return { held: answers.every(({ code }) => code === 400) && mails.length === before && smtp.envelopes.every(({ to }) => to.length === 1) && Number(stored[0]?.n) === 0, came: `${tally(answers)}; ${mails.length - before} mails` }
}

/** Addresses that are odd and allowed: what is mailed to is what is stored, letter by letter. */
async function oddAddresses (ground: Ground): Promise<{ held: boolean, came: string }> {
  const { main, smtp } = ground
  const odd = ["o'hara+tag@example.com", 'a|b@example.com', 'victim%evil.example@example.com', '`id`@example.com', '$(id)@example.com'.replace(/[()]/g, '_'), '{a}@example.com', '-flag@example.com', '#a@xn--fiqs8s.example']
  let exact = 0
  for (const Email of odd) {
    const person = { ...somebody(), Email }
    const from = freshNetwork()
    await main.post('/Auth/Sign', person, { from })
    const envelope = smtp.envelopes.at(-1)
    const code = /\b\d{6}\b/.exec(ground.mails.at(-1)?.text ?? '')?.[0]
    await main.post('/Auth/Verify', { ...person, VerifyCode: code }, { from })
    const [row] = await main.rows('SELECT Email FROM Users WHERE EmailKey = ?', [Email])
    if (row?.Email === Email && envelope?.to.length === 1 && envelope.to[0] === Email) exact++
  }
  return { held: exact === odd.length, came: `RCPT TO is the stored address for ${exact} of ${odd.length}` }
}

async function hostileNames ({ main, smtp }: Ground): Promise<{ held: boolean, came: string }> {
  const people = names.map(Name => ({ ...somebody(), Name }))
  const before = smtp.sources.length
  const answers = await many(people.length, i => main.post('/Auth/Sign', people[i], { from: freshNetwork(), headers: { 'accept-language': 'en\t;q=1', 'user-agent': '<script>alert(1)</script>' } }), 5)
  const sources = smtp.sources.slice(before)
  const injected = sources.filter(source => /evil|<script|^bcc:/im.test(source)).length
  return { held: injected === 0 && answers.every(({ code }) => [200, 400].includes(code)), came: `${tally(answers)}; ${injected} of ${sources.length} mails show any of it` }
}

/** Spellings that collations hold for one: each is refused, or is an account of its own. */
async function collisions ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const { Email, Password } = await main.register()
  const [local = '', domain = ''] = Email.split('@')
  const near = [`${Email}\u00a0x`, `${local}\u0301@${domain}`, Email.replace('e', '\u0435'), Email.replace('o', '\u00f6'), Email.replace('s', '\u017f'), Email.replace('e', '\uff45'), `${local}.@${domain}`, `${local}@${domain}.`, `${local}%@${domain}`, `${local}_@${domain}`]
  const answers = await many(near.length, i => main.login({ Name: '', Email: near[i] ?? '', Password }, freshNetwork()))
  return { held: answers.every(({ code }) => [400, 501].includes(code)), came: tally(answers) }
}

async function injections ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const { Email } = await main.register()
  const [before] = await main.rows('SELECT COUNT(*) AS n FROM Users')
  const sql = ["' OR '1'='1", "' OR 1=1 -- ", '" OR ""="', "'; DROP TABLE Users; -- ", "\\' OR 1=1#", "' UNION SELECT 1,'a','b','super_admin',1 -- ", '%', '_', 'SLEEP(5)', "'||(SELECT SLEEP(5))||'", '\u00bf\u0027 OR 1=1']
  const answers = await many(sql.length * 2, i => main.login({ Name: '', ...(i % 2 === 0 ? { Email, Password: sql[i >> 1] ?? '' } : { Email: `${sql[i >> 1]}@example.com`, Password: digest('x') }) }, freshNetwork()), 5)
  const asNames = await many(sql.length, i => main.post('/Auth/Sign', { ...somebody(), Name: sql[i] }, { from: freshNetwork() }), 5)
  const [after] = await main.rows('SELECT COUNT(*) AS n FROM Users')
  const slowest = Math.max(...[...answers, ...asNames].map(({ ms }) => ms))
  return { held: answers.every(({ code }) => [400, 501].includes(code)) && asNames.every(({ code }) => code === 200) && before?.n === after?.n && slowest < 4_000, came: `logins ${tally(answers)}; as names ${tally(asNames)}; the slowest in ${slowest.toFixed(0)} ms` }
}

export const input: Attack[] = [
  { id: 'I1', defence: 'no coercion, no unknown fields', probes: [{ tried: `${coercions.length} wrong types, operators and extra fields at ${ROUTES.length} routes`, run: ground => refusedEverywhere(ground, coercions, [400]) }] },
  { id: 'I2', defence: 'a JSON parser that refuses repeated names, __proto__, NUL and halves of characters', probes: [{ tried: `${repeated.length} bodies at ${ROUTES.length} routes`, run: ground => refusedEverywhere(ground, repeated, [400]) }] },
  { id: 'I3', defence: '16 KiB a body, and expressions that match in linear time', probes: [{ tried: `${sized.length} sizes and depths at ${ROUTES.length} routes`, run: ground => refusedEverywhere(ground, sized, [400, 413]) }, { tried: 'linear time', run: linear }] },
  { id: 'I4', defence: 'application/json in UTF-8 alone', probes: [{ tried: `${types.length} content types and encodings`, run: withTypes }, { tried: `${crooked.length} bodies that are not UTF-8 or not JSON`, run: ground => refusedEverywhere(ground, crooked, [400]) }] },
  { id: 'I6', defence: 'dot-atoms in ASCII alone', probes: [{ tried: `${addresses.length} quoted, commented, grouped, foreign and broken addresses`, run: hostileAddresses }, { tried: 'odd addresses that are allowed', run: oddAddresses }] },
  { id: 'I7', defence: 'no mail holds anything of a client but its address', probes: [{ tried: `${names.length} names with line ends, markup and direction marks`, run: hostileNames }] },
  { id: 'I8', defence: 'accounts are found by a binary key', probes: [{ tried: 'ten addresses that a collation might take for another\'s, with that one\'s password', run: collisions }] },
  { id: 'I9', defence: 'values travel as parameters, and are strings', probes: [{ tried: 'SQL in passwords, addresses and names', run: injections }] },
  {
    id: 'I5',
    defence: 'one place makes every answer',
    probes: [{ tried: 'every answer of this run', async run () { return { held: witnessed.code500 === 0 && witnessed.strange === 0, came: `${witnessed.answers} answers, ${witnessed.code500} with Code 500, ${witnessed.strange} that are no envelope${witnessed.strangest === '' ? '' : ` (${witnessed.strangest})`}` } } }]
  }
]
