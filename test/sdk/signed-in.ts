import type { Test } from 'tap'
import { createDreamAuth, memoryStore, type DreamAuth, type DreamAuthOptions, type TokenStore } from '../../sdk/src/index.ts'
import { build, type Mode, type World } from '../helper.ts'
import { listen, network, type Network } from './service.ts'

export const alice = { Name: 'Alice', Email: 'alice@example.com', Password: 'correct horse battery staple' }

/** Somebody who is signed in, and the network in between. */
export interface SignedIn {
  world: World
  auth: DreamAuth
  store: TokenStore
  net: Network
  /** What `onChange` told. */
  changes: boolean[]
  /** Another client of the same store, as a page that is loaded again. */
  another: (options?: DreamAuthOptions) => DreamAuth
  /** Lets time pass for service and clients. */
  pass: (milliseconds: number) => Promise<void>
}

/**
 * Alice, signed in with tokens of two hours.
 *
 * @param ahead how far the client's clock is ahead of the service's, in milliseconds
 */
export async function signedIn (t: Test, mode: Mode, settings: Record<string, string> = {}, ahead = 0): Promise<SignedIn> {
  const world = await build(t, mode, { JWT_EXPIRES_IN: '2h', ...settings })
  const baseUrl = await listen(world)
  await world.register(alice)
  const net = network()
  const store = memoryStore()
  let passed = 0
  const another = (options: DreamAuthOptions = {}): DreamAuth => createDreamAuth({ baseUrl, store, fetch: net.fetch, now: () => Date.now() + ahead + passed, ...options })
  const auth = another()
  const changes: boolean[] = []
  auth.onChange(signedIn => { changes.push(signedIn) })
  t.match(await auth.login(alice), { ok: true })
  return {
    world,
    auth,
    store,
    net,
    changes,
    another,
    pass: async milliseconds => {
      passed += milliseconds
      await world.pass(milliseconds)
    }
  }
}
