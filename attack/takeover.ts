import { WAY_BACK_DAYS } from '../src/own-account.ts'
import { many, tally, type Outcome, type Probe } from './attack.ts'
import { askReset, update } from './codes.ts'
import { loggedIn, withToken } from './forgery.ts'
import { digest, freshNetwork, somebody, type Deployment, type Ground } from './ground.ts'
import type { Answer } from './http.ts'

const chosen = digest('what the thief would set')
const mine = digest('what the owner sets')
const COOLDOWN = 60

export const changeEmail = ({ post }: Deployment, token: unknown, Email: string, Password: string, from = freshNetwork()): Promise<Answer> => post('/Auth/ChangeEmail', { Email, Password }, withToken(token, { from }))
export const confirmEmail = ({ post }: Deployment, token: unknown, Email: string, VerifyCode: string, from = freshNetwork()): Promise<Answer> => post('/Auth/ConfirmEmail', { Email, VerifyCode }, withToken(token, { from }))

type Stolen = Awaited<ReturnType<typeof loggedIn>> & { stops: string[] }

/** A thief with password and token moves an account on, from one address of theirs to the next. */
async function moved (ground: Ground, deployment: Deployment, moves: number): Promise<Stolen> {
  const standing = await loggedIn(deployment)
  const stops: string[] = []
  for (let i = 0; i < moves; i++) {
    const { Email } = somebody()
    await changeEmail(deployment, standing.token, Email, standing.owner.Password)
    const { code, text } = await confirmEmail(deployment, standing.token, Email, ground.codeFor(Email))
    if (code !== 200) throw new Error(`not moved: ${text}`)
    stops.push(Email)
  }
  return { ...standing, stops }
}

async function wayBack (ground: Ground, Email: string, Password: string): Promise<Answer> {
  const asked = await askReset(ground.main, Email, freshNetwork())
  return asked.code === 200 ? update(ground.main, Email, ground.codeFor(Email), freshNetwork(), Password) : asked
}

async function back (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const { owner, token, stops } = await moved(ground, main, 3)
  const thief = await main.login({ ...owner, Email: stops[2] ?? '' }, freshNetwork())
  const restored = await wayBack(ground, owner.Email, mine)
  const checks = (await Promise.all([token, thief.body.Token].map(each => main.check(each)))).flat()
  const tried = await Promise.all(stops.map(Email => wayBack(ground, Email, chosen)))
  const login = await main.login({ ...owner, Password: mine }, freshNetwork())
  return { held: restored.code === 200 && login.code === 200 && checks.every(code => code === 401) && tried.every(({ code }) => code === 503), came: `the owner ${restored.code} and ${login.code}; tokens ${checks.filter(code => code === 200).length} good; the thief at each stop ${tally(tried)}` }
}

/** The thief goes back to an earlier stop at the moment when the owner takes the account back. */
async function atOnce (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const rounds = await many(5, async () => {
    const { owner, stops: [stop = ''] } = await moved(ground, main, 2)
    await Promise.all([askReset(main, owner.Email, freshNetwork()), askReset(main, stop, freshNetwork())])
    const [code, other] = [ground.codeFor(owner.Email), ground.codeFor(stop)]
    const [restored] = await Promise.all([update(main, owner.Email, code, freshNetwork(), mine), update(main, stop, other, freshNetwork(), chosen)])
    // Asked to try again, the owner does.
    if (restored.code === 510) await update(main, owner.Email, code, freshNetwork(), mine)
    return [await main.login({ ...owner, Password: mine }, freshNetwork()), await main.login({ ...owner, Email: stop, Password: chosen }, freshNetwork())]
  }, 2)
  const owners = rounds.flatMap(([owner]) => owner ?? [])
  const thieves = rounds.flatMap(([, thief]) => thief ?? [])
  return { held: owners.every(({ code }) => code === 200) && thieves.every(({ code }) => code === 501), came: `owners ${tally(owners)}, thieves ${tally(thieves)}` }
}

/** Everything that would take the reserved address away from the owner. */
async function reserved (ground: Ground): Promise<Outcome> {
  const found: string[] = []
  let held = true
  for (const deployment of [ground.main, ground.hidden]) {
    const { owner } = await moved(ground, deployment, 1)
    const from = freshNetwork()
    const other = somebody()
    const signed = await deployment.post('/Auth/Sign', { ...other, Email: owner.Email }, { from })
    const verified = signed.code === 200 ? await deployment.post('/Auth/Verify', { ...other, Email: owner.Email, VerifyCode: ground.codeFor(owner.Email) }, { from }) : signed
    const rival = await loggedIn(deployment)
    const asked = await changeEmail(deployment, rival.token, owner.Email, rival.owner.Password)
    const taken = asked.code === 200 ? await confirmEmail(deployment, rival.token, owner.Email, ground.codeFor(owner.Email)) : asked
    const [row] = await deployment.rows('SELECT COUNT(*) AS n FROM Users WHERE EmailKey = ?', [owner.Email])
    held &&= verified.code === 502 && taken.code === 502 && Number(row?.n) === 0
    found.push(`${verified.code} and ${taken.code}`)
  }
  return { held, came: `signing up and moving to it: ${found.join('; with HIDE_ACCOUNTS ')}` }
}

/** The owner notices in time and changes the password, in the very session whose token the thief has copied. */
async function outstanding (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const { owner, token } = await loggedIn(main)
  const { Email } = somebody()
  await changeEmail(main, token, Email, owner.Password)
  const code = ground.codeFor(Email)
  const changed = await main.post('/Auth/ChangePassword', { OldPassword: owner.Password, NewPassword: mine }, withToken(token, { from: freshNetwork() }))
  const confirmed = await confirmEmail(main, token, Email, code)
  const login = await main.login({ ...owner, Password: mine }, freshNetwork())
  return { held: changed.code === 200 && confirmed.code === 520 && login.code === 200, came: `the code ${confirmed.code} after it; the owner ${login.code}` }
}

async function late (ground: Ground): Promise<Outcome> {
  const { main } = ground
  const { owner, stops: [stop = ''] } = await moved(ground, main, 1)
  await main.rows(`UPDATE FormerEmails SET ReservedUntil = ReservedUntil - INTERVAL ${WAY_BACK_DAYS} DAY WHERE EmailKey = ?`, [owner.Email])
  await main.pass(COOLDOWN)
  const old = await wayBack(ground, owner.Email, chosen)
  const login = await main.login({ ...owner, Email: stop }, freshNetwork())
  return { held: old.code === 503 && login.code === 200, came: `reset at the old address ${old.code}, login at the new one ${login.code}` }
}

export const takeover: Probe[] = [
  { tried: 'a thief with password and token moves the account on three times; the owner resets at the old address', run: back },
  { tried: 'the thief resets at an earlier stop at the same moment', run: atOnce },
  { tried: 'the reserved address, by others', run: reserved },
  { tried: 'a code to the thief\'s address, asked for before the owner changed the password', run: outstanding },
  { tried: `whoever reads the old mailbox, after ${WAY_BACK_DAYS} days`, run: late }
]
