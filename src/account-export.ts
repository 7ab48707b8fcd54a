import type { AccountStore, Caller } from './accounts.ts'
import type { Audit } from './audit.ts'
import { fail } from './catalogue.ts'
import type { Events, EventStore, StoredEvent } from './events.ts'
import type { OwnAccountStore, PersonalData } from './own-account.ts'
import type { ListedSession, SessionStore } from './sessions.ts'
import type { Identity } from './tokens.ts'

export interface ExportedAccount {
  account: Omit<PersonalData, 'formerEmails'>
  formerEmails: PersonalData['formerEmails']
  /** Those that have ended as well, while they are kept. */
  sessions: ListedSession[]
  /** Newest first, and the newest alone where there are more than 2,000. */
  events: StoredEvent[]
}

/** Everything that is kept about the person, but for the hash of the password. Fails with Codes 401 (the account is gone) and 510. */
export type ExportAccount = (identity: Identity, caller: Caller) => Promise<ExportedAccount>

interface Parts {
  accounts: Pick<AccountStore, 'findById'>
  store: Pick<OwnAccountStore, 'personalData'>
  sessions: Pick<SessionStore, 'all'>
  events: Pick<Events, 'accountHash' | 'flush'>
  eventStore: Pick<EventStore, 'find'>
  audit: Audit
}

const PAGE = 500
/** What somebody else can have added by trying an address from many networks is not to become too much to send. */
const MOST_EVENTS = 2_000

/** Where an administrator sat says nothing about the person. */
function withoutAdministrator (event: StoredEvent): StoredEvent {
  return event.reason === 'administrator' || event.type === 'role_change' ? { ...event, network: null, userAgent: null } : event
}

export function createExportAccount ({ accounts, store, sessions, events, eventStore, audit }: Parts): ExportAccount {
  async function eventsOf (userId: number, emails: string[]): Promise<StoredEvent[]> {
    const person = { userId, accounts: emails.map(events.accountHash) }
    const found: StoredEvent[] = []
    for (;;) {
      const page = await eventStore.find({ person }, { before: found.at(-1)?.id, limit: PAGE })
      found.push(...page.map(withoutAdministrator))
      if (page.length < PAGE || found.length >= MOST_EVENTS) return found
    }
  }

  return async ({ id }, caller) => {
    const owner = await accounts.findById(id)
    const data = await store.personalData(id)
    if (owner === undefined || data === undefined) throw fail('Unauthorized')
    const { formerEmails, ...account } = data
    // What was recorded a moment ago belongs to it.
    await events.flush()
    const exported = { account, formerEmails, sessions: await sessions.all(id), events: await eventsOf(id, [owner.email, ...formerEmails.map(({ Email }) => Email)]) }
    audit.note({ type: 'export', outcome: 'success', email: owner.email, userId: id }, caller)
    return exported
  }
}
