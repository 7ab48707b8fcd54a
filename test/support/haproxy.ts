import { fileURLToPath } from 'node:url'
import { root } from '../../src/root.ts'
import { deployment } from '../helper.ts'
import { newPerson, until } from './faults.ts'
import { ask, emptyFolder, serve, start, type Program } from './program.ts'
import { find, freePort, type Ending } from './services.ts'
import { startSmtp } from './smtp.ts'
import type { Asking } from './steady.ts'

const haproxy = find('haproxy')

/** Why tests with HAProxy cannot run here, or `false`. Not installed by the way: its package starts a service. */
export const noHaproxy = haproxy === undefined ? 'needs HAProxy: apt-get install haproxy (Debian, Ubuntu) or brew install haproxy (macOS)' : false

const PATIENCE_MS = 60_000

export interface Balancer { url: string, program: Program }

/** Starts HAProxy with `deploy/haproxy/haproxy.cfg` as it is. What differs between machines is in its environment. */
export async function startHaproxy (t: Ending, [one, two]: [number, number], listen = ''): Promise<Balancer> {
  const port = await freePort()
  const settings = { DREAM_LISTEN: `127.0.0.1:${port} ${listen}`.trim(), DREAM_ONE: `127.0.0.1:${one}`, DREAM_TWO: `127.0.0.1:${two}` }
  const program = start(t, haproxy ?? 'haproxy', ['-db', '-f', fileURLToPath(new URL('deploy/haproxy/haproxy.cfg', root))], settings, emptyFolder(t))
  const url = `${listen === '' ? 'http' : 'https'}://127.0.0.1:${port}`
  await until(async () => {
    if (program.child.exitCode !== null) throw new Error(`HAProxy did not start:\n${program.stderr()}`)
    return ask(url.replace('https', 'http')).then(() => true, error => listen !== '' && !String(error.cause).includes('ECONNREFUSED'))
  }, PATIENCE_MS)
  return { url, program }
}

export interface Pair {
  url: string
  instances: [Program, Program]
  askings: Asking[]
  /** Begins an instance anew that has ended, and waits until HAProxy sends requests there. */
  revive: (which: 0 | 1) => Promise<void>
  /** Stops an instance and begins it anew. Gives its exit code. */
  restart: (which: 0 | 1) => Promise<unknown>
}

/**
 * Two instances of the program over one database and Redis, behind HAProxy, and what may be asked of them without end.
 *
 * @param more settings of both
 */
export async function pairBehindHaproxy (t: Ending, more: Record<string, string> = {}): Promise<Pair> {
  const smtp = await startSmtp(t)
  const settings = { ...await deployment(t, 'server'), ...smtp.settings, LOG_LEVEL: 'info', TRUST_PROXY: '127.0.0.1', SHUTDOWN_DELAY: '5', NOTIFY_NEW_NETWORK: 'false', ...more }
  const ports: [number, number] = [await freePort(), await freePort()]
  const begin = (which: 0 | 1): Program => serve(t, { ...settings, PORT: String(ports[which]) })
  const first = begin(0)
  await first.url()
  const instances: [Program, Program] = [first, begin(1)]
  await instances[1].url()
  const { url, program } = await startHaproxy(t, ports)
  /** How often HAProxy has found an instance to be gone, and to be back. */
  const found = (which: 0 | 1, state: 'DOWN' | 'UP'): number => program.stdout().split(`Server dream_auth/${which === 0 ? 'one' : 'two'} is ${state}`).length

  async function signUp (): Promise<Record<string, string>> {
    const person = newPerson()
    await ask(`${url}/Auth/Sign`, person)
    const VerifyCode = /\b\d{6}\b/.exec(smtp.mails.find(({ to }) => to === person.Email)?.text ?? '')?.[0]
    const { text, body } = await ask(`${url}/Auth/Verify`, { ...person, VerifyCode })
    if (body.Code !== 200) throw new Error(`not registered: ${text}`)
    return { Email: person.Email, Password: person.Password }
  }
  const alice = await signUp()
  const { body } = await ask(`${url}/Auth/Login`, alice)
  const check: Asking = { method: 'GET', path: '/CheckJWTToken', headers: { authorization: `Bearer ${String(body.Token)}` }, codes: [200] }
  const live: Asking = { method: 'GET', path: '/health/live', codes: [200] }
  // Several accounts, as one is not let in too often at once; and none of them hers, whom many logins would log out.
  const people = [await signUp(), await signUp(), await signUp()]

  /** Begins an instance anew that has ended. HAProxy has to have noticed that, or it would not tell of the return. */
  async function revive (which: 0 | 1): Promise<void> {
    await until(async () => found(which, 'DOWN') > found(which, 'UP'), PATIENCE_MS)
    instances[which] = begin(which)
    await until(async () => found(which, 'UP') === found(which, 'DOWN'), PATIENCE_MS)
  }
  return {
    url,
    instances,
    askings: people.flatMap(body => [check, { method: 'POST', path: '/Auth/Login', body, codes: [200] }, live]),
    revive,
    async restart (which) {
      instances[which].child.kill('SIGTERM')
      const code = await instances[which].ended
      await revive(which)
      return code
    }
  }
}
