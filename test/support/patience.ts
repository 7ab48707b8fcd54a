import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/catalogue.ts'

interface Answered { text: string, body: { Code?: number } & Record<string, unknown> }

const MOST_TRIES = 10
const PAUSE_MS = 200

/**
 * Asks for what a test only begins with: again where a busy machine kept database or Redis from answering within the second that the
 * service gives them. What was answered so may have been done all the same: a code that was issued then has the next one wait.
 *
 * @param due the Code of the one that is lost, where the test has lost one of them
 */
export async function patiently<A extends Answered> (ask: () => Promise<A>, due?: 510 | 512): Promise<A> {
  for (let tried = 1; ; tried++) {
    const answer = await ask()
    const { Code, RetryAfter } = answer.body
    const isTooSoon = tried > 1 && Code === 429
    if (tried === MOST_TRIES || Code === due || (Code !== 510 && Code !== 512 && !isTooSoon)) return answer
    await sleep(isTooSoon ? Number(RetryAfter) * 1_000 : PAUSE_MS * tried)
  }
}

/** The same of a statement of our own through the connections of the service. It may be carried out more than once. */
export async function persistently<T> (ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await ask()
    } catch (error) {
      if (tried === MOST_TRIES || !(error instanceof Failure) || error.key !== 'DatabaseUnavailable') throw error
      await sleep(PAUSE_MS * tried)
    }
  }
}

interface Person { Name: string, Email: string, Password: string }

/** Signs up and verifies, patiently. */
export async function signUp<P extends Person> (post: (path: string, body: object) => Promise<Answered>, codeFor: (email: string) => Promise<string>, person: P): Promise<void> {
  const signed = await patiently(() => post('/Auth/Sign', person))
  if (signed.body.Code !== 200) throw new Error(`not signed up: ${signed.text}`)
  const VerifyCode = await codeFor(person.Email.trim().toLowerCase())
  let asked = 0
  const verified = await patiently(() => {
    asked++
    return post('/Auth/Verify', { ...person, VerifyCode })
  })
  const isMade = verified.body.Code === 200 || (asked > 1 && verified.body.Code === 502)
  if (!isMade) throw new Error(`not verified: ${verified.text}`)
}
