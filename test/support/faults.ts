import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Answer, World } from '../helper.ts'
import { digest } from './digest.ts'
import type { Ending, Service } from './services.ts'
import { stopwatch } from './stopwatch.ts'

/**
 * The contract promises an answer within two seconds whatever has failed. The servers that the tests ask may have to wait for a busy
 * machine, so they allow twice that, by a stopwatch that leaves out what they had to wait themselves.
 */
export const ANSWER_MS = 4_000

/** The contract promises service again within two seconds of a dependency's return; measured in the same way. */
export const RECOVERY_MS = 5_000

/** After how long nothing will come any more: whatever is waited for without a bound of its own takes far less. */
const PATIENCE_MS = 30_000

/** A way through the network to a server on this machine, which can fail in the ways networks do. */
export interface Network {
  port: number
  /** Everything goes through again, also what was held. */
  pass: () => Promise<void>
  /** Connections stay open, and new ones open, but nothing goes through: a pulled cable, or a stopped process. */
  hold: () => void
  /** Holds everything when one more than so many connections have been made. Gives whether that is so by now. */
  holdAfter: (connections: number) => () => boolean
  /** Each round trip takes so many milliseconds more, half of them in each direction; 0 ends it. */
  slow: (ms: number) => void
  /** Nobody listens any more, and the connections there were are reset. */
  refuse: () => Promise<void>
  /** Resets the connections there are. */
  cut: () => void
  /**
   * The next time a client says this: do it before the words go through, or let them through and keep back the answer. Gives
   * whether that time has come.
   */
  when: (words: string, moment: 'before' | 'after', happens: () => void) => () => boolean
}

interface Pair { client: Socket, server: Socket }
interface Trap { words: string, moment: 'before' | 'after', happens: () => void }

/** @param target port of the server; the way ends with the test */
export async function network (t: Ending, target: number): Promise<Network> {
  const pairs = new Set<Pair>()
  let held = false
  let delay = 0
  let good = Infinity
  let trap: Trap | undefined
  let listening: Server | undefined

  function join (client: Socket): void {
    if (good-- === 0) hold()
    const server = connect(target, '127.0.0.1')
    const pair = { client, server }
    pairs.add(pair)
    const end = (): void => {
      pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.on('error', () => {})
      socket.on('close', end)
      if (held) socket.pause()
    }
    const [toClient, toServer] = [inOrder(), inOrder()]
    server.on('data', chunk => { toClient(() => { client.write(chunk) }) })
    client.on('data', chunk => {
      const sprung = trap !== undefined && chunk.includes(trap.words) ? trap : undefined
      if (sprung !== undefined) trap = undefined
      if (sprung?.moment === 'before') sprung.happens()
      if (server.destroyed) return
      if (sprung?.moment === 'after') {
        // The answer is on its way and stays there.
        server.removeAllListeners('data')
        server.once('data', sprung.happens)
      }
      toServer(() => { server.write(chunk) })
    })
  }

  /** Lets through at once, or late, and never what came later before what came first. */
  function inOrder (): (through: () => void) => void {
    let last = Promise.resolve()
    let late = 0
    return through => {
      if (delay === 0 && late === 0) return through()
      late++
      const due = performance.now() + delay
      last = last.then(() => sleep(due - performance.now(), undefined, { ref: false })).then(() => {
        late--
        through()
      })
    }
  }

  async function listen (port: number): Promise<number> {
    const server = createServer(join)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, '127.0.0.1', resolve)
    })
    listening = server
    return (server.address() as AddressInfo).port
  }

  function hold (): void {
    held = true
    for (const { client, server } of pairs) {
      client.pause()
      server.pause()
    }
  }
  const cut = (): void => {
    for (const { client, server } of pairs) {
      // A reset of a connection that is just being ended is refused by libuv (EINVAL), and the process would never end.
      if (client.writableEnded) client.destroy()
      else client.resetAndDestroy()
      server.destroy()
    }
  }
  const refuse = async (): Promise<void> => {
    const server = listening
    listening = undefined
    const closed = new Promise<void>(resolve => server === undefined ? resolve() : server.close(() => { resolve() }))
    cut()
    await closed
  }

  const port = await listen(0)
  t.teardown(refuse)
  return {
    port,
    cut,
    refuse,
    slow (ms) { delay = ms / 2 },
    hold,
    holdAfter (connections) {
      good = connections
      return () => good < 0
    },
    async pass () {
      held = false
      good = Infinity
      for (const { client, server } of pairs) {
        client.resume()
        server.resume()
      }
      if (listening === undefined) await listen(port)
    },
    when (words, moment, happens) {
      let isSprung = false
      trap = {
        words,
        moment,
        happens () {
          isSprung = true
          happens()
        }
      }
      return () => isSprung
    }
  }
}

/** Asks again until the answer is as wished for, and says how long that took, by a stopwatch. It gives up after twice the limit. */
export async function until (condition: () => Promise<boolean>, limitMs = PATIENCE_MS): Promise<number> {
  const took = stopwatch()
  while (!await condition()) {
    if (took() > 2 * limitMs) throw new Error(`not within ${2 * limitMs} ms`)
    await sleep(50)
  }
  return took()
}

/** Halts a server, and returns once none of its threads runs any more; SIGCONT lets it go on. */
export async function stall ({ pid }: Service): Promise<void> {
  process.kill(pid, 'SIGSTOP')
  await until(async () => states(pid).every(state => state.startsWith('T')))
}

/** What each thread of a process does: `T` is halted. */
function states (pid: number): string[] {
  if (process.platform !== 'linux') return [spawnSync('ps', ['-o', 'state=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim()]
  // Behind the name, which is in brackets and may hold anything (proc_pid_stat(5)).
  return readdirSync(`/proc/${pid}/task`).map(thread => readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').replace(/^.*\) /s, ''))
}

let serial = 0

/** A person nobody has heard of yet. */
export function newPerson (): { Name: string, Email: string, Password: string } {
  const name = `person${++serial}`
  return { Name: name, Email: `${name}@example.com`, Password: digest(name) }
}

/** What a login takes of a person. */
export function credentialsOf ({ Email, Password }: { Email: string, Password: string }): { Email: string, Password: string } {
  return { Email, Password }
}

export interface Reply { route: string, code: number, status: number, retryAfter: boolean, late: number | false }

/** Asks at once everything that needs an account: each route, and more logins than there are connections. */
export async function askEverything (world: World, person: { Name: string, Email: string, Password: string }, token: string): Promise<Reply[]> {
  const credentials = credentialsOf(person)
  const stranger = newPerson()
  const asks: Array<[string, () => Promise<Answer>]> = [
    ['Sign', () => world.post('/Auth/Sign', stranger)],
    ['Verify', () => world.post('/Auth/Verify', { ...stranger, VerifyCode: '000000' })],
    ['ResetPassword', () => world.post('/Auth/ResetPassword', { Email: person.Email })],
    ['UpdatePassword', () => world.post('/Auth/UpdatePassword', { ...credentials, VerifyCode: '000000' })],
    ['CheckJWTToken', () => world.get('/CheckJWTToken', { headers: { authorization: `Bearer ${token}` } })],
    // Fewer than the failures after which an account has to wait.
    ...Array.from({ length: 8 }, (): [string, () => Promise<Answer>] => ['Login', () => world.post('/Auth/Login', credentials)])
  ]
  return Promise.all(asks.map(async ([route, ask]) => {
    const took = stopwatch()
    const { status, headers, body } = await ask()
    const ms = took()
    return { route, code: body.Code, status, retryAfter: headers['retry-after'] !== undefined, late: ms > ANSWER_MS && ms }
  }))
}
