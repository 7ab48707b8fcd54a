import { setTimeout as sleep } from 'node:timers/promises'
import { GRACE_MS } from '../src/sessions.ts'
import { inTurn, many, tally, type Attack, type Outcome, type Probe } from './attack.ts'
import { claimsOf, get, loggedIn, withToken } from './forgery.ts'
import { digest, type Deployment, type Ground } from './ground.ts'
import { ask, type Answer } from './http.ts'
import { takeover } from './takeover.ts'

/** The promise: after that no process takes the token for good. */
const PROMISED_MS = 1_000

type Standing = Awaited<ReturnType<typeof loggedIn>>
type End = (standing: Standing, ground: Ground) => Promise<Answer>

/** Everything that ends a session, asked of the first process. */
const ends: Record<string, End> = {
  logout: ({ token }, { main }) => first(main, 'POST', '/Auth/Logout', token),
  'logout everywhere': ({ token }, { main }) => first(main, 'POST', '/Auth/Logout', token, { All: true }),
  'the end of one session': ({ token }, { main }) => first(main, 'DELETE', `/Auth/Sessions/${String(claimsOf(token).sid)}`, token),
  async 'a new password from another session' ({ owner, home }, { main }) {
    const { body } = await main.login(owner, home)
    return first(main, 'POST', '/Auth/ChangePassword', body.Token, { OldPassword: owner.Password, NewPassword: digest('another one') })
  },
  async 'a reset' ({ owner, home }, { main, codeFor }) {
    await main.post('/Auth/ResetPassword', { Email: owner.Email }, { from: home })
    return first(main, 'POST', '/Auth/UpdatePassword', '', { Email: owner.Email, Password: digest('another one'), VerifyCode: codeFor(owner.Email) })
  },
  deletion: ({ owner, token }, { main }) => first(main, 'DELETE', '/Auth/Account', token, { Password: owner.Password }),
  async refresh ({ token }, { main }) {
    const { body } = await first(main, 'POST', '/Auth/Refresh', token)
    // A token of the generation before the last ends at once.
    return first(main, 'POST', '/Auth/Refresh', body.Token)
  }
}

function first ({ processes: [here] }: Deployment, method: string, path: string, token: unknown, body?: unknown): Promise<Answer> {
  return ask(here?.url ?? '', path, withToken(token, { method, body }))
}

/** Asks the other process without a pause while a session ends in the first. How long after the acknowledgement a token was last good. */
async function latency (end: End, ground: Ground): Promise<{ ended: boolean, lastGoodMs: number, asked: number }> {
  const standing = await loggedIn(ground.main)
  const url = ground.main.processes[1]?.url ?? ''
  const good: number[] = []
  const done = new AbortController()
  let asked = 0
  const check = async (): Promise<Answer> => {
    asked++
    const sent = performance.now()
    const answer = await ask(url, '/CheckJWTToken', withToken(standing.token, { method: 'GET' }))
    if (answer.code === 200) good.push(sent)
    return answer
  }
  const before = await check()
  const loops = many(2, async () => { while (!done.signal.aborted) await check() })
  await sleep(100)
  const answer = await end(standing, ground)
  const acknowledged = performance.now()
  await sleep(PROMISED_MS + 200)
  done.abort()
  await loops
  const after = await check()
  return { ended: before.code === 200 && answer.code === 200 && after.code === 401, lastGoodMs: Math.max(0, ...good.map(sent => sent - acknowledged)), asked }
}

async function latencies (ground: Ground): Promise<Outcome> {
  const found = await inTurn(Object.keys(ends).length, async i => {
    const [name = '', end] = Object.entries(ends)[i] ?? []
    if (end === undefined) throw new Error('no end')
    return { name, ...await latency(end, ground) }
  })
  const worst = Math.max(...found.map(({ lastGoodMs }) => lastGoodMs))
  return { held: found.every(({ ended }) => ended) && worst <= PROMISED_MS, came: `${found.map(({ name, lastGoodMs, ended }) => `${name} ${ended ? `${lastGoodMs.toFixed(0)} ms` : 'does not end it'}`).join(', ')}; the worst of ${found.reduce((sum, { asked }) => sum + asked, 0)} checks ${worst.toFixed(0)} ms after the acknowledgement` }
}

const refresh = ({ post }: Deployment, token: unknown): Promise<Answer> => post('/Auth/Refresh', undefined, withToken(token))

/** As if the token had been replaced longer ago than it is tolerated for. */
async function outlast ({ rows }: Deployment, token: string): Promise<void> {
  await rows('UPDATE Sessions SET RefreshedAt = RefreshedAt - INTERVAL ? SECOND WHERE SessionID = ?', [String(GRACE_MS / 1000 + 1), String(claimsOf(token).sid)])
}

async function fifty ({ main }: Ground): Promise<Outcome> {
  const { token } = await loggedIn(main)
  const answers = await many(50, () => refresh(main, token))
  const generations = new Set(answers.map(({ body }) => claimsOf(String(body.Token)).gen))
  const [row] = await main.rows('SELECT Generation FROM Sessions WHERE SessionID = ?', [String(claimsOf(token).sid)])
  await outlast(main, token)
  const replay = await refresh(main, token)
  const checks = (await Promise.all(answers.slice(0, 5).map(({ body }) => main.check(body.Token)))).flat()
  return { held: answers.every(({ code }) => code === 200) && generations.size === 1 && Number(row?.Generation) === 1 && replay.code === 401 && checks.every(code => code === 401), came: `${tally(answers)}, ${generations.size} generation; ${GRACE_MS / 1000} s later the old token ${replay.code}, and of the new ones ${checks.filter(code => code === 200).length} are good` }
}

/** Owner and thief hold the same token, and both refresh on as time goes by. */
async function copied ({ main }: Ground): Promise<Outcome> {
  const { token } = await loggedIn(main)
  const hands: unknown[] = [token, token]
  let steps = 0
  let alive = true
  while (alive && steps < 6) {
    const answers = await Promise.all(steps === 0 ? hands.map(each => refresh(main, each)) : [refresh(main, hands[steps % 2])])
    alive = answers.every(({ code }) => code === 200)
    answers.forEach(({ body }, i) => { hands[steps === 0 ? i : steps % 2] = body.Token ?? hands[steps === 0 ? i : steps % 2] })
    await outlast(main, token)
    steps++
  }
  const left = (await Promise.all([token, ...hands].map(each => main.check(each)))).flat()
  return { held: !alive && left.every(code => code === 401), came: alive ? `both went on for ${steps} refreshes` : `noticed at refresh ${steps}, and all copies are 401` }
}

/** What ends a session at the same moment as refreshes of it. */
async function concurrent (ground: Ground): Promise<Outcome> {
  const { main } = ground
  let good = 0
  let refreshed = 0
  const chosen = Object.entries(ends).filter(([name]) => name !== 'refresh')
  for (const [, end] of chosen) {
    await inTurn(3, async () => {
      const standing = await loggedIn(main)
      const [, ...answers] = await Promise.all([end(standing, ground), ...Array.from({ length: 6 }, async (_, i) => { await sleep(i * 3); return refresh(main, standing.token) })])
      await sleep(50)
      const tokens = [standing.token, ...answers.flatMap(({ body }) => body.Token ?? [])]
      refreshed += tokens.length - 1
      const checks = (await Promise.all(tokens.flatMap(token => [main.check(token), refresh(main, token).then(({ code }) => [code])]))).flat()
      good += checks.filter(code => code === 200).length
    })
  }
  return { held: good === 0 && refreshed > 0, came: `${chosen.length} ends, three times each, with 6 refreshes: ${refreshed} new tokens, ${good} of them good afterwards` }
}

/** Words of the end of one session must not be needed for another's: the same second, and the next login. */
async function sameSecond ({ main }: Ground): Promise<Outcome> {
  const { owner, home } = await loggedIn(main)
  const results = await inTurn(10, async () => {
    const { body } = await main.login(owner, home)
    await get(main, '/Auth/Account', withToken(body.Token))
    await main.post('/Auth/Logout', { All: true }, withToken(body.Token))
    const next = await main.login(owner, home)
    return [await main.check(body.Token), await main.check(next.body.Token)]
  })
  const [old, fresh] = [results.flatMap(([ended = []]) => ended), results.flatMap(([, live = []]) => live)]
  return { held: old.every(code => code === 401) && fresh.every(code => code === 200), came: `old ones ${old.filter(code => code === 200).length} of ${old.length} good, new ones ${fresh.filter(code => code === 200).length} of ${fresh.length}` }
}

const revocation: Probe[] = [
  { tried: 'the other process asked without a pause while a session ends', run: latencies },
  { tried: 'logout everywhere and the next login in one second, ten times', run: sameSecond },
  { tried: '50 parallel refreshes with one token, both processes; then the old one again', run: fifty },
  { tried: 'owner and thief with one token, refreshing at once and then in turn', run: copied },
  { tried: 'refreshes that race with each end of their session', run: concurrent }
]

export const sessions: Attack[] = [{
  id: 'T6',
  defence: 'the database decides; what a process remembers it forgets at the word of another, or when it may have missed one',
  probes: [...revocation, ...takeover]
}]
