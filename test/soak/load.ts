import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer } from '../../attack/http.ts'
import { digest } from '../support/digest.ts'
import { stranger, type Client, type Person } from '../outages/client.ts'
import { ADMIN } from '../outages/scene.ts'

/** How often each Code came, by what was done. */
export type Tally = Map<string, Map<number, number>>

/** Somebody with an account, and the token of the last login. */
interface Member { person: Person, token: string }

/** Beyond this the oldest are forgotten: the load must not grow with the time it lasts. */
const MOST_MEMBERS = 200
const PAUSE_MS = 20

const pick = <T>(list: T[]): T | undefined => list[Math.floor(Math.random() * list.length)]

/** What people, and others, do all day. Nobody minds a refusal. */
export function createLoad (client: Client): { work: (signal: AbortSignal) => Promise<void>, tally: Tally } {
  const tally: Tally = new Map()
  const members: Member[] = []
  let admin: string | undefined

  async function note (what: string, answered: Promise<Answer>): Promise<Answer> {
    const answer = await answered
    const codes = tally.get(what) ?? new Map<number, number>()
    tally.set(what, codes.set(answer.code, (codes.get(answer.code) ?? 0) + 1))
    return answer
  }

  async function enter (person: Person): Promise<string | undefined> {
    const { body } = await note('Login', client.login(person, person.from))
    return typeof body.Token === 'string' ? body.Token : undefined
  }

  const leave = ({ token }: Member): Promise<Answer> => note('Logout', client.ask('POST', '/Auth/Logout', { token }))

  const acts: Array<[weight: number, act: (member: Member | undefined) => Promise<unknown>]> = [
    [4, async () => {
      const person = stranger()
      await note('Sign', client.sign(person))
      const verified = await note('Verify', client.verify(person, client.codeOf(person)))
      const token = verified.code === 200 ? await enter(person) : undefined
      if (token !== undefined) members.push({ person, token })
      const leaving = members.length > MOST_MEMBERS ? members.shift() : undefined
      if (leaving !== undefined) await leave(leaving)
    }],
    [8, async member => {
      if (member === undefined) return
      // What is remembered of tokens may grow with their number, to its bound: here that stays the same.
      await leave(member)
      member.token = await enter(member.person) ?? member.token
    }],
    [20, async member => note('CheckJWTToken', client.check(member?.token ?? 'none'))],
    [6, async member => {
      const { body } = await note('Refresh', client.ask('POST', '/Auth/Refresh', { token: member?.token ?? 'none' }))
      if (member !== undefined && typeof body.Token === 'string') member.token = body.Token
    }],
    [3, async member => member === undefined ? undefined : leave(member)],
    [4, async member => note('Sessions', client.ask('GET', '/Auth/Sessions', { token: member?.token ?? 'none' }))],
    [2, async member => {
      if (member === undefined) return
      const { person } = member
      await note('ResetPassword', client.ask('POST', '/Auth/ResetPassword', { person, body: { Email: person.Email } }))
      const Password = digest(`${person.Password} renewed`)
      const updated = await note('UpdatePassword', client.ask('POST', '/Auth/UpdatePassword', { person, body: { Email: person.Email, Password, VerifyCode: client.codeOf(person) } }))
      if (updated.code === 200) person.Password = Password
    }],
    [3, async () => {
      const { code } = await note('Admin/Users', client.ask('GET', '/Admin/Users?Limit=20', { token: admin ?? 'none' }))
      if (code === 401) admin = String((await client.login(ADMIN)).body.Token)
    }],
    [3, async member => note('wrong password', client.login({ Email: member?.person.Email ?? 'nobody@example.com', Password: 'a wrong password' }, stranger().from))],
    [3, async () => note('bad request', client.ask('POST', '/Auth/Login', { body: { Email: 7, Passwort: null } }))],
    [3, async () => note('garbage', client.ask('POST', '/Auth/Sign', { body: '{"Name": "\\ud800", __proto__' }))],
    [2, async () => note('unknown path', client.ask('GET', `/%${Math.random()}`))],
    [2, async () => note('forged token', client.check('eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.'))],
    [4, async () => note('health', client.ask('GET', '/health'))]
  ]
  const lottery = acts.flatMap(([weight, act]) => Array.from({ length: weight }, () => act))

  return {
    tally,
    async work (signal) {
      while (!signal.aborted) {
        await pick(lottery)?.(pick(members))
        await sleep(PAUSE_MS)
      }
    }
  }
}
