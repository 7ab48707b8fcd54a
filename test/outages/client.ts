import { ask, type Answer } from '../../attack/http.ts'
import { digest } from '../support/digest.ts'
import type { MailServer } from './mail-server.ts'

export interface Person { Name: string, Email: string, Password: string, from: string }

let serial = 0

/** Somebody nobody has heard of, in a network that nobody has come from. */
export function stranger (): Person {
  const number = ++serial
  return { Name: `Person ${number}`, Email: `person${number}@example.com`, Password: digest(`the password of ${number}`), from: `11.${number >> 16 & 255}.${number >> 8 & 255}.${number & 255}` }
}

/** What somebody may ask of the service, each at its route. A connection that breaks is Code 0. */
export interface Client {
  ask: (method: string, path: string, asking?: { person?: Person, body?: unknown, token?: string }) => Promise<Answer>
  sign: (person: Person) => Promise<Answer>
  verify: (person: Person, code: string) => Promise<Answer>
  login: ({ Email, Password }: Pick<Person, 'Email' | 'Password'>, from?: string) => Promise<Answer>
  check: (token: string) => Promise<Answer>
  /** The code that was mailed last. */
  codeOf: (person: Person) => string
  /** Signs up and verifies. */
  register: (person?: Person) => Promise<Person>
  /** Logs in, and has the token remembered. */
  tokenOf: (person: Pick<Person, 'Email' | 'Password'>) => Promise<string>
}

export function createClient (url: string, mail: Pick<MailServer, 'codes'>): Client {
  async function send (method: string, path: string, { person, body, token }: { person?: Partial<Person>, body?: unknown, token?: string } = {}): Promise<Answer> {
    const start = performance.now()
    try {
      return await ask(url, path, {
        method,
        body,
        ...(person?.from !== undefined && { from: person.from }),
        headers: { 'accept-language': 'en', ...(token !== undefined && { authorization: `Bearer ${token}` }) }
      })
    } catch {
      return { status: 0, headers: {}, bytes: '', text: '', code: 0, body: {}, ms: performance.now() - start }
    }
  }

  function expect (answer: Answer, ...codes: number[]): Answer {
    if (!codes.includes(answer.code)) throw new Error(`the service was expected to work, and answered ${answer.status} ${answer.text}`)
    return answer
  }

  const client: Client = {
    ask: send,
    sign: person => send('POST', '/Auth/Sign', { person, body: account(person) }),
    verify: (person, VerifyCode) => send('POST', '/Auth/Verify', { person, body: { ...account(person), VerifyCode } }),
    login: ({ Email, Password }, from) => send('POST', '/Auth/Login', { body: { Email, Password }, ...(from !== undefined && { person: { from } }) }),
    check: token => send('GET', '/CheckJWTToken', { token }),
    codeOf: ({ Email }) => mail.codes.get(Email) ?? '000000',
    async register (person = stranger()) {
      expect(await client.sign(person), 200)
      expect(await client.verify(person, client.codeOf(person)), 200)
      return person
    },
    async tokenOf (person) {
      const { body } = expect(await client.login(person), 200, 202)
      const token = String(body.Token)
      expect(await client.check(token), 200)
      return token
    }
  }
  return client
}

const account = ({ Name, Email, Password }: Person): Pick<Person, 'Name' | 'Email' | 'Password'> => ({ Name, Email, Password })
