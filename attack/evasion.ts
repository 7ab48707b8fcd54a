import { limits } from '../src/limits.ts'
import { guesses, inTurn, isGuess, isRefused, many, tally, type Attack } from './attack.ts'
import { askReset, update } from './codes.ts'
import { digest, freshBlock, freshNetwork, somebody, type Deployment, type Ground } from './ground.ts'
import { ask, askRaw, type Answer } from './http.ts'
import { guess, wrong } from './throttling.ts'

const TRIES = limits.login[0].points

/** Headers that one proxy or another uses to say who asks. */
const CLAIMS = ['x-forwarded-for', 'x-real-ip', 'x-client-ip', 'true-client-ip', 'cf-connecting-ip', 'x-cluster-client-ip', 'x-originating-ip', 'x-remote-addr', 'fastly-client-ip']

/** Guesses at one account under ever-new headers: how many are let through. */
async function claiming (deployment: Deployment, count: number, headersOf: (i: number) => Record<string, string | string[]>): Promise<Answer[]> {
  const { Email } = await deployment.register()
  return inTurn(count, i => deployment.post('/Auth/Login', { Email, Password: wrong() }, { headers: headersOf(i) }))
}

const bounded = (answers: Answer[]): { held: boolean, came: string } => ({ held: guesses(answers) === TRIES && answers.every(answer => isGuess(answer) || isRefused(answer)), came: `${guesses(answers)} of ${answers.length}` })

/** Ways to write one IPv4 address. */
const spellings = (address: string): string[] => {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`
  return [address, `${address}:1234`, `${address}:4321`, `::ffff:${address}`, `::FFFF:${address}`, `::ffff:${hex}`, `0:0:0:0:0:ffff:${hex}`, `[::ffff:${hex}]:80`, `[::ffff:${address}]`, `1.2.3.4, ${address}`, `${address}, 127.0.0.1`, ` ${address} `]
}

const GARBAGE = ['unknown', '_hidden', 'evil', '999.1.1.1', '1.2.3', '::g', '"for=1.2.3.4"', '1.2.3.4/8', 'localhost', '%00', '<script>', '1.2.3.4;1']

/** Whatever a path can be written as without being another one. */
const PATHS = [
  '//Auth/Login', '/Auth//Login', '/Auth/Login/', '/Auth/Login//', '/auth/login', '/AUTH/LOGIN', '/Auth/Login?x=1', '/Auth/Login?Email=other@example.com', '/Auth/Login;x=1', '/Auth/./Login',
  '/Auth/../Auth/Login', '/Auth/%4Cogin', '/%41uth/Login', '/Auth%2FLogin', '/Auth/Login%20', '/Auth/Login%00', '/Auth/Login.json', '/Auth/Login#x', '/Auth\\Login', '/Auth/Lo%67in?%2F'
]

async function otherPaths ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const { Email } = await main.register()
  const from = freshNetwork()
  const answers = await inTurn(3 * PATHS.length, i => main.post(PATHS[i % PATHS.length] ?? '', { Email, Password: wrong() }, { from }))
  return { held: guesses(answers) === TRIES && answers.every(answer => isGuess(answer) || isRefused(answer) || [400, 404].includes(answer.code)), came: `${guesses(answers)} guesses (${tally(answers)})` }
}

async function rawRequests ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const { Email } = await main.register()
  const from = freshNetwork()
  const bodyOf = (): string => JSON.stringify({ Email, Password: wrong() })
  const forms = ['POST http://127.0.0.1/Auth/Login HTTP/1.1', 'POST http://evil.example/Auth/Login HTTP/1.1', 'POST /Auth/Login HTTP/1.0', 'POST /Auth/Login HTTP/1.1', 'PUT /Auth/Login HTTP/1.1', 'HEAD /Auth/Login HTTP/1.1', 'PATCH /Auth/Login HTTP/1.1', 'POST /Auth/Login?a HTTP/1.1']
  const answers = await inTurn(3 * forms.length, i => {
    const body = bodyOf()
    const form = forms[i % forms.length] ?? ''
    const [, authority = `x${i}`] = /\/\/([^/]+)/.exec(form) ?? []
    return askRaw(main.processes[i % 2]?.url ?? '', `${form}\r\nHost: ${authority}\r\nX-Forwarded-For: ${from}\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
  })
  const admitted = answers.filter(({ code }) => code === 501).length
  return { held: admitted === TRIES && answers.every(({ status }) => [200, 404, 405, 429].includes(status)), came: `${admitted} guesses (HTTP ${[...new Set(answers.map(({ status }) => status))].join(', ')})` }
}

/** How many are let through at a route before it says 429. */
async function untilRefused (run: (i: number) => Promise<Answer>, most: number): Promise<number> {
  return (await many(most, run, 10)).filter(answer => !isRefused(answer)).length
}

async function everyRoute ({ main }: Ground): Promise<{ held: boolean, came: string }> {
  const MORE = 40
  const [login, mail, guessed] = [limits.network[0].points, limits.mail[0].points, limits.guess[0].points]
  const routes: Array<[string, number, (from: string, i: number) => Promise<Answer>]> = [
    ['Login', login, (from, i) => guess(main, `nobody${i}@example.com`, from)],
    ['Verify', guessed, from => main.post('/Auth/Verify', { ...somebody(), VerifyCode: '123456' }, { from })],
    ['UpdatePassword', guessed, (from, i) => update(main, `nobody${i}@example.com`, '123456', from)],
    ['ResetPassword', mail, (from, i) => askReset(main, `nobody${i}@example.com`, from)],
    ['Sign (a name that is taken)', mail, (from, i) => main.post('/Auth/Sign', { ...somebody(), Name: 'Taken', Email: `nobody${i}@example.com` }, { from })]
  ]
  await main.register({ ...somebody(), Name: 'Taken' })
  const counts: string[] = []
  let held = true
  for (const [name, most, run] of routes) {
    await main.calm()
    const from = freshNetwork()
    const admitted = await untilRefused(i => run(from, i), most + MORE)
    held &&= admitted === most
    counts.push(`${name} ${admitted}`)
  }
  await main.calm()
  const block = freshBlock()
  const ofBlock = await untilRefused(i => update(main, `nobody${i}@example.com`, '123456', `${block}.${i % 250}`), limits.guessBlock[0].points + MORE)
  const mails = await untilRefused(i => askReset(main, `nobody${i}@example.com`, `${block}.${i % 250}`), limits.mailBlock[0].points + MORE)
  held &&= ofBlock === limits.guessBlock[0].points && mails === limits.mailBlock[0].points
  return { held, came: `one network: ${counts.join(', ')}; one block: UpdatePassword ${ofBlock}, ResetPassword ${mails}` }
}

export const evasion: Attack[] = [{
  id: 'L5',
  defence: 'the counters do not know whether an account exists',
  probes: [{
    tried: '30 guesses each at a known and an unknown account, in step',
    async run ({ main }) {
      const [known, unknown] = [(await main.register()).Email, somebody().Email]
      const [one, other] = [freshNetwork(), freshNetwork()]
      const pairs = await inTurn(30, async i => {
        if (i % 6 === 5) await main.pass(60)
        return [await guess(main, known, one), await guess(main, unknown, other)] as const
      })
      const apart = pairs.filter(([a, b]) => a.code !== b.code || Math.abs(Number(a.body.RetryAfter ?? 0) - Number(b.body.RetryAfter ?? 0)) > 1)
      return { held: apart.length === 0, came: `${apart.length} of ${pairs.length} pairs differ (${tally(pairs.map(([a]) => a))})` }
    }
  }]
}, {
  id: 'L6',
  defence: 'the forwarded address is believed from TRUST_PROXY alone, and brought to one spelling; IPv6 counts by /64',
  probes: [
    { tried: `no proxy is trusted: ${CLAIMS.length} headers forged, 60 addresses`, run: ({ direct, main }) => claimingDirect(direct, main).then(bounded) },
    { tried: 'through a trusted proxy: addresses put before one\'s own', run: ({ main }) => fromOne(main, 40, (from, i) => ({ 'x-forwarded-for': `${i}.1.1.1, 10.0.0.${i}, ${from}`, forwarded: `for=${i}.1.1.1`, 'x-real-ip': `${i}.1.1.1` })).then(bounded) },
    { tried: 'as several header lines', run: ({ main }) => fromOne(main, 40, (from, i) => ({ 'x-forwarded-for': [`${i}.1.1.1`, from] })).then(bounded) },
    { tried: 'one IPv4 address in 12 spellings', run: ({ main }) => fromOne(main, 36, (from, i) => ({ 'x-forwarded-for': spellings(from)[i % 12] ?? '' })).then(bounded) },
    { tried: 'one IPv6 /64', run: ({ main }) => claiming(main, 40, i => ({ 'x-forwarded-for': i % 2 === 0 ? `2001:db8:7:1::${(i + 1).toString(16)}` : `2001:0DB8:0007:0001:${i}:${i}:${i}:${i}` })).then(bounded) },
    { tried: 'forwarded addresses that are none', run: ({ main }) => claiming(main, 36, i => ({ 'x-forwarded-for': `${GARBAGE[i % GARBAGE.length]}${i > 11 ? i : ''}` })).then(answers => ({ ...bounded(answers), held: guesses(answers) <= 3 * TRIES })) }
  ]
}, {
  id: 'L7',
  defence: 'every route that tests a password or a code, tells who exists or sends a mail is counted per network and per block',
  probes: [{ tried: 'each route until it refuses', run: everyRoute }]
}, {
  id: 'L8',
  defence: 'counted where the password is tested and not where the path is read',
  probes: [{ tried: `${PATHS.length} spellings of the path`, run: otherPaths }, { tried: 'absolute URLs, HTTP/1.0, other methods and Hosts, X-HTTP-Method-Override, over raw sockets', run: rawRequests }]
}]

async function claimingDirect (direct: Deployment, main: Deployment): Promise<Answer[]> {
  const { Email } = await main.register()
  const [url = ''] = direct.processes.map(process => process.url)
  return inTurn(60, i => ask(url, '/Auth/Login', { headers: { ...Object.fromEntries(CLAIMS.map(name => [name, `12.0.0.${i}`])), forwarded: `for=12.0.0.${i}` }, body: { Email, Password: digest(`guess ${i}`) } }))
}

function fromOne (deployment: Deployment, count: number, headersOf: (from: string, i: number) => Record<string, string | string[]>): Promise<Answer[]> {
  const from = freshNetwork()
  return claiming(deployment, count, i => headersOf(from, i))
}
