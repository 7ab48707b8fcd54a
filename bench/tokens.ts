import autocannon from 'autocannon'
import type { Running } from './service.ts'

/** Mail goes to the development mailbox, and one person is enough. */
const person = { Name: 'Bearer', Email: 'bearer@example.com', Password: 'correct horse battery staple' }
const SESSIONS = 100
const AT_ONCE = 16

async function ask ({ url }: Running, method: string, path: string, body?: object, token?: string): Promise<Record<string, unknown>> {
  const headers = { ...body && { 'content-type': 'application/json' }, ...token !== undefined && { authorization: `Bearer ${token}` } }
  const answer = await fetch(`${url}${path}`, { method, headers, ...body && { body: JSON.stringify(body) } })
  return await answer.json() as Record<string, unknown>
}

/** Signs up, unless the person is there already. */
export async function enrol (service: Running): Promise<void> {
  await ask(service, 'POST', '/Auth/Sign', person)
  const mails = await (await fetch(`${service.url}/dev/mailbox.json`)).text()
  await ask(service, 'POST', '/Auth/Verify', { ...person, VerifyCode: /\b\d{6}\b/.exec(mails)?.[0] })
}

export async function logIn (service: Running): Promise<string> {
  const { Token } = await ask(service, 'POST', '/Auth/Login', { Email: person.Email, Password: person.Password })
  if (typeof Token !== 'string') throw new Error('the login of the bench failed')
  return Token
}

export const logOut = (service: Running, token: string): Promise<Record<string, unknown>> => ask(service, 'POST', '/Auth/Logout', undefined, token)

/** The status of a check. */
export async function checkToken ({ url }: Running, token: string): Promise<number> {
  const answer = await fetch(`${url}/CheckJWTToken`, { headers: { authorization: `Bearer ${token}` } })
  await answer.arrayBuffer()
  return answer.status
}

/** So many different tokens that are all good, of a hundred sessions: a refresh that is repeated gives another token each time. */
export async function differentTokens (service: Running, count: number): Promise<string[]> {
  const tokens: string[] = []
  for (let i = 0; i < SESSIONS; i++) {
    const first = await logIn(service)
    const wanted = Math.ceil((count - tokens.length) / (SESSIONS - i))
    for (let done = 0; done < wanted; done += AT_ONCE) {
      const some = await Promise.all(Array.from({ length: Math.min(AT_ONCE, wanted - done) }, () => ask(service, 'POST', '/Auth/Refresh', undefined, first)))
      tokens.push(...some.map(({ Token }) => String(Token)))
    }
  }
  if (new Set(tokens).size !== count) throw new Error('the tokens of the bench are not different')
  return tokens
}

/** Has each of the tokens checked once, so that it is remembered. */
export async function warm ({ url }: Running, tokens: string[]): Promise<void> {
  const result = await autocannon({ url: `${url}/CheckJWTToken`, connections: AT_ONCE, amount: tokens.length, requests: tokens.map(token => ({ headers: { authorization: `Bearer ${token}` } })) })
  if (result.non2xx > 0) throw new Error('a token of the bench is refused')
}
