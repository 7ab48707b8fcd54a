import type { Test } from 'tap'
import { createDreamAuth, memoryStore, type DreamAuth, type DreamAuthOptions, type TokenStore } from '../../sdk/src/index.ts'
import { build, modes, type Mode, type World } from '../helper.ts'
import { listen, network, type Network } from './service.ts'

export const alice = { Name: 'Alice', Email: 'alice@example.com', Password: 'correct horse battery staple' }

/** Somebody who is signed in, and the network in between. */
export interface SignedIn {
  /** Who it is. */
  person: typeof alice
  /** The number of the account. */
  id: number
  auth: DreamAuth
  store: TokenStore
  net: Network
  /** What `onChange` told. */
  changes: boolean[]
  /** Another client of the same store, as a page that is loaded again. */
  another: (options?: DreamAuthOptions) => DreamAuth
}

interface Service {
  mode: Mode
  world: World
  /** Lets time pass for service and clients. */
  pass: (milliseconds: number) => Promise<void>
  /**
   * Somebody new, signed in.
   *
   * @param ahead how far the client's clock is ahead of the service's, in milliseconds
   */
  signIn: (ahead?: number) => Promise<SignedIn>
}

/** A service in each mode, with tokens of two hours and sessions of four. To be asked for before any test: tap ends with the last it knows of. */
export const serveAll = (t: Test): Promise<Service[]> => Promise.all(modes.map(mode => serve(t, mode)))

async function serve (t: Test, mode: Mode): Promise<Service> {
  const world = await build(t, mode, { JWT_EXPIRES_IN: '2h', SESSION_EXPIRES_IN: '4h' })
  const baseUrl = await listen(world)
  let passed = 0
  let people = 0
  return {
    mode,
    world,
    pass: async milliseconds => {
      passed += milliseconds
      await world.pass(milliseconds)
    },
    signIn: async (ahead = 0) => {
      const person = { ...alice, Name: `Alice ${++people}`, Email: `alice${people}@example.com` }
      await world.register(person)
      const net = network()
      const store = memoryStore()
      const another = (options: DreamAuthOptions = {}): DreamAuth => createDreamAuth({ baseUrl, store, fetch: net.fetch, now: () => Date.now() + ahead + passed, ...options })
      const auth = another()
      const changes: boolean[] = []
      auth.onChange(signedIn => { changes.push(signedIn) })
      const login = await auth.login(person)
      if (!login.ok) throw new Error(login.Msg)
      return { person, id: login.UserID, auth, store, net, changes, another }
    }
  }
}
