import { createHash } from 'node:crypto'

/** What a driver is given: a service, and somebody who signs up there. */
export interface Scene {
  baseUrl: string
  alice: { Name: string, Email: string, Password: string }
  /** Digests, as the `Password` of `alice` is one. */
  wrongPassword: string
  newPassword: string
  /** The six digits of the newest mail to her. */
  mailedCode: () => Promise<string>
}

/** The SM3 digest (GB/T 32905) of a password, as clients send it. */
const sm3 = (password: string): string => createHash('sm3').update(password).digest('hex')

/** The scene that the command has set: `SERVICE` is where to ask, `MAILBOX` the development mailbox of the same service. */
export function setScene ({ SERVICE, MAILBOX }: NodeJS.ProcessEnv): Scene {
  if (SERVICE === undefined || MAILBOX === undefined) throw new Error('SERVICE and MAILBOX say where the service is')
  const Email = 'alice@example.com'
  return {
    baseUrl: SERVICE,
    alice: { Name: 'Alice', Email, Password: sm3('correct horse battery staple') },
    wrongPassword: sm3('incorrect horse'),
    newPassword: sm3('a better password'),
    async mailedCode () {
      const response = await fetch(`${MAILBOX}?To=${encodeURIComponent(Email)}`)
      const [code] = /(?<="Subject":"[^"]*)\b\d{6}\b/.exec(await response.text()) ?? []
      if (code === undefined) throw new Error('no code was mailed')
      return code
    }
  }
}

/** Fails with the word for what was expected, unless it holds. */
export function expect (holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`expected ${what}`)
}
