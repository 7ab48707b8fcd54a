import { setTimeout as sleep } from 'node:timers/promises'

interface Answered { text: string, body: { Code?: number } & Record<string, unknown> }

const MOST_TRIES = 10
const PAUSE_MS = 200

/**
 * Asks for what a test only begins with: again where a busy machine kept database or Redis from answering within the second that the
 * service gives them. What was answered so may have been done all the same: a code that was issued then has the next one wait.
 */
export async function patiently<A extends Answered> (ask: () => Promise<A>): Promise<A> {
  for (let tried = 1; ; tried++) {
    const answer = await ask()
    const { Code, RetryAfter } = answer.body
    const isTooSoon = tried > 1 && Code === 429
    if (tried === MOST_TRIES || (Code !== 510 && Code !== 512 && !isTooSoon)) return answer
    await sleep(isTooSoon ? Number(RetryAfter) * 1_000 : PAUSE_MS * tried)
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
