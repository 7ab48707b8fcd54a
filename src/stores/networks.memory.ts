import { FAILED_SECONDS, FAMILIAR_SECONDS } from '../limits.ts'
import type { NetworkStore } from '../throttle.ts'

/** What ends by itself, with the end of each, the nearest first. */
type Ending = Map<string, number>
interface Epoch { name: string, ends: number, networks: Ending }

/** More accounts than this at once, and the one that was changed longest ago is forgotten: memory is bounded. */
const MOST_ACCOUNTS = 100_000
/** The same of the networks of one account. */
const MOST_NETWORKS = 200

function keep<T> (accounts: Map<string, T>, account: string, held: T): void {
  accounts.delete(account)
  accounts.set(account, held)
  const [oldest] = accounts.keys()
  if (accounts.size > MOST_ACCOUNTS && oldest !== undefined) accounts.delete(oldest)
}

/**
 * What is remembered of networks, in the process, for embedded mode: between two awaits nothing else runs, so each method is one
 * atomic step.
 *
 * @param now a clock in milliseconds that never goes back
 */
export function createMemoryNetworkStore (now: () => number): NetworkStore {
  const epochs = new Map<string, Epoch>()
  // Apart from them: whoever fails at many addresses must not drive out what is known of accounts.
  const failed = new Map<string, Ending>()

  function present (account: string): Epoch | undefined {
    const epoch = epochs.get(account)
    return epoch !== undefined && epoch.ends > now() ? epoch : undefined
  }

  function add (networks: Ending, network: string, seconds: number): Ending {
    networks.delete(network)
    networks.set(network, now() + seconds * 1000)
    for (const [oldest, ends] of networks) {
      if (ends > now() && networks.size <= MOST_NETWORKS) break
      networks.delete(oldest)
    }
    return networks
  }

  function welcome (account: string, network: string, name: string, networks: Ending): void {
    keep(epochs, account, { name, ends: now() + FAMILIAR_SECONDS * 1000, networks: add(networks, network, FAMILIAR_SECONDS) })
  }

  return {
    async recall (account, network) {
      const epoch = present(account)
      return { epoch: epoch?.name, familiar: (epoch?.networks.get(network) ?? 0) > now() }
    },

    async welcome (account, network, recalled, next) {
      const epoch = present(account)
      if (epoch?.name === recalled) welcome(account, network, recalled ?? next, epoch?.networks ?? new Map())
    },

    async begin (account, network, name) {
      welcome(account, network, name, new Map())
    },

    async noteFailure (account, network) {
      keep(failed, account, add(failed.get(account) ?? new Map(), network, FAILED_SECONDS))
    },

    networks: async account => [...new Set([...present(account)?.networks.keys() ?? [], ...failed.get(account)?.keys() ?? []])],

    async forget (account) {
      epochs.delete(account)
      failed.delete(account)
    }
  }
}
