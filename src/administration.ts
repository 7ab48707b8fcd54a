import type { Account, AccountStore, Role } from './accounts.ts'
import { createRecorder, type Administrator, type Recorder } from './administration-trail.ts'
import { originOf } from './audit.ts'
import { canonicalEmail, nameKey } from './canonical.ts'
import { fail, Failure } from './catalogue.ts'
import type { Erase } from './erasure.ts'
import type { EventFilter, Events, EventStore, EventType, StoredEvent } from './events.ts'
import { networkOf } from './networks.ts'
import { accountSubject, type Revocations } from './revocations.ts'
import type { ListedSession, Sessions } from './sessions.ts'

/** An account as administrators see it. Times are UTC, `YYYY-MM-DD HH:MM:SS`. */
export interface AdministeredAccount extends Pick<Account, 'id' | 'name' | 'email' | 'role'> {
  disabledAt: string | null
  registeredAt: string | null
  lastLogin: string | null
}

/** What an administrator may set. */
export interface AccountChange { disabled?: boolean | undefined, role?: Role | undefined }
type ChangeEvent = Extract<EventType, 'disablement' | 'enablement' | 'role_change'>

/** Which accounts are looked for: those that meet all that is given. */
export interface AccountFilter extends AccountChange {
  /** How the e-mail or the name begins, in any spelling, or the number. */
  search?: string | undefined
}

/** From a place on: after an account or event that was the last of the page before. */
export interface Page<Place> { after?: Place | undefined, limit: number }

export interface AccountPage {
  accounts: AdministeredAccount[]
  /** Where the next page begins; absent at the end. */
  next: number | undefined
  /** So many have what was looked for that not all of them were. */
  incomplete: boolean
}

/** What administrators need from storage. Every method may fail with Code 510. */
export interface AdministrationStore {
  /** In the order of their numbers. The beginnings are of the canonical keys. */
  find: (filter: AccountChange & { begins?: { email: string, name: string } | undefined, id?: number | undefined }, page: Page<number>) => Promise<AccountPage>
  findById: (id: number) => Promise<AdministeredAccount | undefined>
  findByEmail: (email: string) => Promise<AdministeredAccount | undefined>
  /** In one step. What was so already is not changed again. @param at milliseconds */
  change: (id: number, change: AccountChange, at: number) => Promise<'gone' | 'last super administrator' | ChangeEvent[]>
}

/** What super administrators do. All methods may fail with Code 510, and those for one account with 503. */
export interface Administration {
  list: (filter: AccountFilter, page: Page<number>) => Promise<AccountPage>
  find: (by: { id: number } | { email: string }) => Promise<AdministeredAccount>
  /** An account and its live sessions, those used last first. */
  show: (id: number) => Promise<{ account: AdministeredAccount, sessions: ListedSession[] }>
  /** Takes effect at once, everywhere; a disabled account's sessions have ended for good. @throws Code 403 for the last super administrator */
  change: (id: number, change: AccountChange, by: Administrator) => Promise<AdministeredAccount>
  /** Ends every session of the account at once. */
  revokeSessions: (id: number, by: Administrator) => Promise<AdministeredAccount>
  /** Erases an account everywhere. @throws Codes 403 for the last super administrator, 512 */
  remove: (id: number, by: Administrator) => Promise<void>
  /** Newest first. `next` is where the next page begins. */
  events: (filter: Omit<EventFilter, 'person' | 'account'> & { email?: string | undefined }, page: Page<string>) => Promise<{ events: StoredEvent[], next: string | undefined }>
}

interface Parts {
  accounts: Pick<AccountStore, 'findById'>
  store: AdministrationStore
  sessions: Pick<Sessions, 'list' | 'revokeAll'>
  revocations: Revocations
  events: Pick<Events, 'record' | 'flush' | 'accountHash'>
  eventStore: Pick<EventStore, 'find'>
  erase: Erase
}

const USER_ID = /^[1-9][0-9]{0,9}$/

/** @param now wall clock in milliseconds */
export function createAdministration ({ accounts, store, sessions, revocations, events, eventStore, erase }: Parts, now: () => number): Administration {
  async function existing (id: number): Promise<AdministeredAccount> {
    const account = await store.findById(id)
    if (account === undefined) throw fail('UserNotFound')
    return account
  }

  async function act (id: number, by: Administrator, type: EventType, run: (account: AdministeredAccount, record: Recorder) => Promise<void>): Promise<void> {
    // Asked again: the token may have been checked a moment before the administrator ceased to be one.
    const administrator = by === 'shell' ? undefined : await accounts.findById(by.id)
    if (by !== 'shell' && (administrator === undefined || administrator.disabled || administrator.role !== 'super_admin')) throw fail('Forbidden')
    const account = await existing(id)
    const record = createRecorder(events, account, by, administrator)
    try {
      await run(account, record)
    } catch (error) {
      if (error instanceof Failure && error.key === 'Forbidden') record(type, 'failure', error.key)
      throw error
    }
  }

  const who = (by: Administrator) => by === 'shell' ? by : 'administrator'

  return {
    list: ({ search, ...filter }, page) => store.find({
      ...filter,
      ...(search !== undefined && { begins: { email: canonicalEmail(search), name: nameKey(search) }, id: USER_ID.test(search) ? Number(search) : undefined })
    }, page),

    async find (by) {
      const account = 'id' in by ? await store.findById(by.id) : await store.findByEmail(by.email)
      if (account === undefined) throw fail('UserNotFound')
      return account
    },

    async show (id) {
      return { account: await existing(id), sessions: await sessions.list(id) }
    },

    async change (id, change, by) {
      await act(id, by, change.disabled === true ? 'disablement' : 'role_change', async (_account, record) => {
        const outcome = await revocations.around([accountSubject(id)], () => store.change(id, change, now()))
        if (outcome === 'gone') throw fail('UserNotFound')
        if (outcome === 'last super administrator') throw fail('Forbidden')
        for (const type of outcome) record(type, 'success', type === 'role_change' ? String(change.role) : who(by))
      })
      return existing(id)
    },

    async revokeSessions (id, by) {
      await act(id, by, 'session_revoke', async (_account, record) => {
        if (!await sessions.revokeAll(id)) throw fail('UserNotFound')
        record('session_revoke', 'success', who(by))
      })
      return existing(id)
    },

    async remove (id, by) {
      await act(id, by, 'deletion', async (account, record) => {
        const own = by !== 'shell' && by.id === id
        await erase(account, who(by), { origin: by === 'shell' || own ? undefined : originOf(by.caller) })
        record('deletion', 'success', who(by))
      })
    },

    async events ({ email, network, ...filter }, { after, limit }) {
      // What was recorded a moment ago belongs to it.
      await events.flush()
      const found = await eventStore.find({
        ...filter,
        ...(email !== undefined && { account: events.accountHash(email) }),
        // An address in it stands for the network.
        ...(network !== undefined && { network: networkOf(network.replace(/\/64$/, '')) })
      }, { before: after, limit: limit + 1 })
      const page = found.slice(0, limit)
      return { events: page, next: found.length > limit ? page.at(-1)?.id : undefined }
    }
  }
}
