import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { digest } from '../helper.ts'
import { part } from './forge.ts'
import { ask, compiled, start, type Program } from './program.ts'

export const alice = { Name: 'Alice', Email: 'alice@example.com', Password: digest('correct horse battery staple') }
export const keys = (t: Test, folder: string, args: string[], settings: Record<string, string> = {}): Program => start(t, process.execPath, [compiled('keys'), ...args], settings, folder)

export interface Listed { kid: string, alg: string, state: string, secret?: string }

/** Runs it to a good end. */
export async function done (t: Test, folder: string, args: string[], settings?: Record<string, string>): Promise<string> {
  const program = keys(t, folder, args, settings)
  t.equal(await program.ended, 0, `${args.join(' ')}: ${program.stderr()}`)
  return program.stdout()
}

export async function listed (t: Test, folder: string, settings?: Record<string, string>): Promise<Listed[]> {
  return JSON.parse(await done(t, folder, ['list', '--json'], settings)).keys
}

/** Runs it to the end where it refuses, in one line. */
export async function refusal (t: Test, folder: string, args: string[], settings?: Record<string, string>): Promise<string> {
  const program = keys(t, folder, args, settings)
  t.equal(await program.ended, 1, args.join(' '))
  t.equal(program.stdout(), '')
  t.match(program.stderr(), /^keys: .+\n$/)
  return program.stderr()
}

export async function login (url: string): Promise<string> {
  const { body, text } = await ask(`${url}/Auth/Login`, { Email: alice.Email, Password: alice.Password })
  if (typeof body.Token !== 'string') throw new Error(text)
  return body.Token
}

export const check = async (url: string, token: string): Promise<number> => (await ask(`${url}/CheckJWTToken`, undefined, { authorization: `Bearer ${token}` })).status

/** Logs in until a token comes that another key signed. */
export async function loginUnderNewKey (url: string, kids: unknown[]): Promise<string> {
  for (;;) {
    const token = await login(url)
    if (!kids.includes(part(token, 0).kid)) return token
    await sleep(100)
  }
}
