import type { Result } from './results.ts'
import type { TokenStore } from './stores.ts'
import { surroundings } from './surroundings.ts'
import { claimsOf } from './token.ts'

/** Told whether somebody is signed in from now on; also when it is somebody else. */
export type Listener = (signedIn: boolean) => void

/** The token in its store, and what becomes of it. */
export interface Session {
  token: () => Promise<string | undefined>
  /** The token to ask with: refreshed first where more than half of its life is over. */
  fresh: () => Promise<string | undefined>
  /** Signs in. */
  begin: (token: string) => Promise<void>
  /** Signs out. With a token: only where that is still the one. */
  end: (token?: string) => Promise<void>
  refresh: () => Promise<Result<'refresh'>>
  /** Whether there is a token that, by this machine's clock, is not over. */
  signedIn: () => Promise<boolean>
  onChange: (listener: Listener) => () => void
}

interface Parts {
  store: TokenStore
  /** Asks the service for another token. */
  exchange: (token: string | undefined) => Promise<Result<'refresh'>>
  /** Longest wait for another tab that refreshes, in milliseconds. */
  patienceMs: number
  /** Wall clock in milliseconds. */
  now: () => number
}

/** After a refresh that failed, calls go on with the token there is for so long: each would wait for the next failure. Well within the service's 30 s for an answer that was lost. */
const PAUSE_MS = 10_000

/** A lock that took longer was another tab's. What that has written is seen here a moment after its lock is free: browsers send the two on different ways. */
const INSTANT_MS = 20
const SEEN_MS = 300
const LOOK_MS = 10

const sessionOf = (token: string | undefined): string | undefined => token === undefined ? undefined : claimsOf(token)?.sid ?? token

/** RFC 6750, section 2.1. Other scripts and their users write into a store as well: nothing else is fit for a header. */
const IS_TOKEN = /^[\w.~+/-]+=*$/

export function createSession ({ store, exchange, patienceMs, now }: Parts): Session {
  const listeners = new Set<Listener>()
  let unwatch: (() => void) | undefined
  /** How far this machine's clock is ahead of the service's, in milliseconds. */
  let ahead = 0
  let turn: Promise<unknown> = Promise.resolve()
  let flight: Promise<Result<'refresh'> | undefined> | undefined
  let pausedUntil = 0
  /** A session whose token lives no longer when it is refreshed: it ends for good. */
  let lastLife: string | undefined

  async function held (): Promise<string | undefined> {
    const token = await store.get()
    return token !== undefined && IS_TOKEN.test(token) ? token : undefined
  }

  function told (before: string | undefined, after: string | undefined): void {
    if (sessionOf(before) === sessionOf(after)) return
    // By themselves: what a listener throws is not the caller's affair.
    for (const listener of listeners) queueMicrotask(() => listener(after !== undefined))
  }

  /** Looks and acts in one step, as seen from this page. */
  function inTurn<T> (work: () => Promise<T>): Promise<T> {
    const result = turn.then(work)
    turn = result.catch(() => undefined)
    return result
  }

  /** @param next `undefined` for none. With `instead`: only where that is still the one */
  const put = (next: string | undefined, instead?: string): Promise<void> => inTurn(async () => {
    const before = await held()
    if (instead !== undefined && before !== instead) return
    if (next === undefined) await store.clear()
    else {
      const claims = claimsOf(next)
      if (claims !== undefined) ahead = now() - claims.iat * 1000
      await store.set(next)
    }
    told(before, next)
  })

  function isDue (token: string): boolean {
    const claims = claimsOf(token)
    if (claims === undefined || claims.sid === lastLife) return false
    return now() - ahead - claims.iat * 1000 > (claims.exp - claims.iat) * 500
  }

  async function exchanged (token: string | undefined): Promise<Result<'refresh'>> {
    const result = await exchange(token)
    if (token !== undefined && result.ok) {
      const [older, newer] = [claimsOf(token), claimsOf(result.Token)]
      if (older !== undefined && newer !== undefined && newer.exp <= older.exp) lastLife = newer.sid
      await put(result.Token, token)
    } else if (result.Code !== 401) pausedUntil = performance.now() + PAUSE_MS
    return result
  }

  /** The token that another tab has put in place of this one, as soon as it is seen; else this one. */
  async function replacing (token: string): Promise<string | undefined> {
    for (const end = performance.now() + SEEN_MS; performance.now() < end;) {
      const current = await held()
      if (current !== token) return current
      await new Promise(resolve => { setTimeout(resolve, LOOK_MS) })
    }
    return token
  }

  /** One at a time in this page, and where there are Web Locks, in all tabs that have the session. */
  async function alone<T> (token: string | undefined, work: (waited: boolean) => Promise<T>): Promise<T> {
    const locks = surroundings.navigator?.locks
    if (locks === undefined || token === undefined) return work(false)
    let began = false
    const asked = performance.now()
    try {
      return await locks.request(`dream-auth ${sessionOf(token)}`, { signal: AbortSignal.timeout(patienceMs) }, () => {
        began = true
        return work(performance.now() - asked > INSTANT_MS)
      })
    } catch (error) {
      if (began) throw error
      // The tab that has the lock sleeps. Two that refresh at once are no harm: the service takes the older token for a while.
      return work(false)
    }
  }

  function fly (work: () => Promise<Result<'refresh'> | undefined>): Promise<Result<'refresh'> | undefined> {
    flight ??= work().finally(() => { flight = undefined })
    return flight
  }

  return {
    token: held,

    async fresh () {
      const token = await held()
      if (token === undefined || !isDue(token) || performance.now() < pausedUntil) return token
      await fly(() => alone(token, async waited => {
        // Another tab may have been first.
        const current = waited ? await replacing(token) : await held()
        return current !== undefined && isDue(current) ? exchanged(current) : undefined
      }))
      return held()
    },

    async refresh () {
      for (;;) {
        // Joins what is under way; where that finds nothing to do, it is this one's turn.
        const result = await fly(async () => alone(await held(), async () => exchanged(await held())))
        if (result !== undefined) return result
      }
    },

    begin: token => put(token),
    end: token => put(undefined, token),

    async signedIn () {
      const token = await held()
      if (token === undefined) return false
      const claims = claimsOf(token)
      return claims === undefined || now() - ahead < claims.exp * 1000
    },

    onChange (listener) {
      // One of its own, so that what was added twice is told twice, and leaves once.
      const own: Listener = signedIn => listener(signedIn)
      listeners.add(own)
      unwatch ??= store.watch?.(told)
      return () => {
        listeners.delete(own)
        if (listeners.size > 0) return
        unwatch?.()
        unwatch = undefined
      }
    }
  }
}
