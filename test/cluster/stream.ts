import { setTimeout as sleep } from 'node:timers/promises'
import { digest } from '../helper.ts'
import { ask, codeFrom, type HttpAnswer } from '../support/program.ts'

export interface Person { Name: string, Email: string, Password: string }

/** What was sent while a fault was there, and what came of it. */
export interface Outcome {
  sent: number
  /** Answers that were none of service, by Code; 0 is no answer. */
  failed: Record<string, number>
  /** The longest time without a registration, and without a login, in milliseconds. */
  gapMs: number
}

let serial = 0

/** A stream of registrations and logins over several processes, each request from an address of its own. */
export class Stream {
  /** Accounts whose registration was acknowledged. */
  readonly acknowledged: Person[] = []
  /** Tokens that were revoked: none of them may be good again. */
  readonly revoked: string[] = []
  revived = 0
  #outcome: Outcome = { sent: 0, failed: {}, gapMs: 0 }
  #since = { registration: performance.now(), login: performance.now() }
  #running = true
  readonly #loops: Array<Promise<void>>

  constructor (urls: string[]) {
    this.#loops = urls.flatMap(url => [this.#repeat(() => this.#register(url)), this.#repeat(() => this.#login(url)), this.#repeat(() => this.#check(url))])
  }

  /** Begins to count anew, and gives what was counted so far. */
  take (): Outcome {
    for (const kind of ['registration', 'login'] as const) this.#gap(kind)
    const taken = this.#outcome
    this.#outcome = { sent: 0, failed: {}, gapMs: 0 }
    return taken
  }

  async end (): Promise<void> {
    this.#running = false
    await Promise.all(this.#loops)
  }

  async #repeat (step: () => Promise<void>): Promise<void> {
    while (this.#running) {
      await step()
      await sleep(10)
    }
  }

  async send (url: string, body?: unknown, headers: Record<string, string> = {}): Promise<HttpAnswer | undefined> {
    const n = ++serial
    this.#outcome.sent++
    const answer = await ask(url, body, { 'x-forwarded-for': `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`, ...headers }).catch(() => undefined)
    const code = answer?.body.Code ?? 0
    if (code === 0 || (code >= 510 && code !== 521)) this.#outcome.failed[code] = (this.#outcome.failed[code] ?? 0) + 1
    return answer
  }

  #gap (kind: 'registration' | 'login'): void {
    const now = performance.now()
    this.#outcome.gapMs = Math.max(this.#outcome.gapMs, now - this.#since[kind])
    this.#since[kind] = now
  }

  async #register (url: string): Promise<void> {
    const name = `person${++serial}`
    const person = { Name: name, Email: `${name}@example.com`, Password: digest(name) }
    if ((await this.send(`${url}/Auth/Sign`, person))?.body.Code !== 200) return
    const VerifyCode = await codeFrom(url, person.Email)
    for (let tries = 0; tries < 3; tries++) {
      const answer = await this.send(`${url}/Auth/Verify`, { ...person, VerifyCode })
      if (answer?.body.Code === 200) {
        this.acknowledged.push(person)
        return this.#gap('registration')
      }
      if (answer?.body.Code !== 510 && answer?.body.Code !== 512) return
      await sleep(200)
    }
  }

  /** Logs in, out, and keeps the token. */
  async #login (url: string): Promise<void> {
    const person = this.acknowledged[Math.floor(Math.random() * this.acknowledged.length)]
    if (person === undefined) return
    const answer = await this.send(`${url}/Auth/Login`, { Email: person.Email, Password: person.Password })
    if (answer?.body.Code !== 200) return
    this.#gap('login')
    const token = String(answer.body.Token)
    const headers = { authorization: `Bearer ${token}` }
    await this.send(`${url}/CheckJWTToken`, undefined, headers)
    const ended = await this.send(`${url}/Auth/Logout`, {}, headers)
    if (ended?.body.Code !== 200) return
    // The promise is one second on every process.
    setTimeout(() => { this.revoked.push(token) }, 1_000)
  }

  async #check (url: string): Promise<void> {
    const token = this.revoked[Math.floor(Math.random() * this.revoked.length)]
    if (token === undefined) return
    const answer = await this.send(`${url}/CheckJWTToken`, undefined, { authorization: `Bearer ${token}` })
    if (answer?.body.Code === 200) this.revived++
  }
}
