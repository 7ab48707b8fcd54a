import type { Answer } from '../../attack/http.ts'
import { digest } from '../support/digest.ts'
import { stranger, type Client, type Person } from './client.ts'
import type { Ledger } from './ledger.ts'
import type { Phase, Route } from './routes.ts'
import { ADMIN } from './scene.ts'

/** One request: what it was answered with, and after how long. */
export interface Sample { route: Route, phase: Phase, code: number, ms: number }

/** Who does what in a wave: an account for each thing that changes one. */
export interface Cast {
  reader: Person
  remembered: string
  fresh: string
  admin: string
  verifying: Person
  resetting: Person
  updating: Person
  refreshing: string
  leaving: string
  changing: { person: Person, token: string }
}

export async function prepareCast (client: Client): Promise<Cast> {
  const verifying = stranger()
  const [reader, resetting, updating, refreshing, leaving, changing] = await Promise.all(Array.from({ length: 6 }, () => client.register()))
  if (reader === undefined || resetting === undefined || updating === undefined || refreshing === undefined || leaving === undefined || changing === undefined) throw new Error('nobody')
  await Promise.all([client.sign(verifying), client.ask('POST', '/Auth/ResetPassword', { person: updating, body: { Email: updating.Email } })])
  return {
    reader,
    verifying,
    resetting,
    updating,
    remembered: await client.tokenOf(reader),
    fresh: String((await client.login(reader, reader.from)).body.Token),
    admin: await client.tokenOf(ADMIN),
    refreshing: await client.tokenOf(refreshing),
    leaving: await client.tokenOf(leaving),
    changing: { person: changing, token: await client.tokenOf(changing) }
  }
}

/** Asks every route at once. What is acknowledged is written into the ledger. */
export async function wave (client: Client, cast: Cast, ledger: Ledger, phase: Phase): Promise<Sample[]> {
  const { reader, verifying, resetting, updating, changing, remembered } = cast
  const newcomer = stranger()
  const renewed = digest(`renewed ${changing.person.Email}`)
  const asks: Array<[Route, Promise<Answer>]> = [
    ['Login', ledger.keep('session', client.login(reader, reader.from), ({ body }) => ledger.session(String(body.Token)))],
    ['Sign', ledger.keep('mailed code', client.sign(newcomer), () => ledger.mailed(newcomer))],
    ['Verify', ledger.keep('account', client.verify(verifying, client.codeOf(verifying)), () => ledger.account(verifying))],
    ['ResetPassword', ledger.keep('mailed code', client.ask('POST', '/Auth/ResetPassword', { person: resetting, body: { Email: resetting.Email } }), () => ledger.mailed(resetting))],
    ['UpdatePassword', ledger.keep('password', client.ask('POST', '/Auth/UpdatePassword', { person: updating, body: { Email: updating.Email, Password: renewed, VerifyCode: client.codeOf(updating) } }), () => ledger.password(updating, renewed))],
    ['CheckJWTToken, remembered', client.check(remembered)],
    ['CheckJWTToken, new', client.check(cast.fresh)],
    ['Refresh', ledger.keep('session', client.ask('POST', '/Auth/Refresh', { token: cast.refreshing }), ({ body }) => ledger.session(String(body.Token)))],
    ['Logout', ledger.keep('revocation', client.ask('POST', '/Auth/Logout', { token: cast.leaving }), () => ledger.revocation(cast.leaving))],
    ['Sessions', client.ask('GET', '/Auth/Sessions', { token: remembered })],
    ['Account', client.ask('GET', '/Auth/Account', { token: remembered })],
    ['ChangePassword', ledger.keep('password', client.ask('POST', '/Auth/ChangePassword', { token: changing.token, body: { OldPassword: changing.person.Password, NewPassword: renewed } }), () => ledger.password(changing.person, renewed))],
    ['Admin/Users', client.ask('GET', '/Admin/Users', { token: cast.admin })],
    ['health', client.ask('GET', '/health')],
    ['health/live', client.ask('GET', '/health/live')]
  ]
  return Promise.all(asks.map(async ([route, answered]) => {
    const { code, ms } = await answered
    return { route, phase, code, ms }
  }))
}
