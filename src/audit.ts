import { Failure, type Key } from './catalogue.ts'
import type { Caller } from './accounts.ts'
import type { AuthEvent, Events, EventType, Origin } from './events.ts'
import { networkOf } from './networks.ts'

/** What an action comes to know while it runs. */
export interface Note {
  userId: number | undefined
  /** Why, where it succeeds. */
  reason: string | undefined
  /** The success was stored with the change itself. */
  stored: boolean
  /** Records something that happened besides. */
  also: (type: EventType, reason: string) => void
}

export interface Audit {
  /** Runs an action and records how it ended. The address is the canonical one that was asked for, whether or not it has an account. */
  <T>(type: EventType, email: string, caller: Caller, run: (note: Note) => Promise<T>): Promise<T>
  /** Records what was asked for over the network. */
  note: (event: AuthEvent, caller: Caller) => void
  /** Records what nobody asked for over the network. */
  record: (type: EventType, email: string, reason: string) => void
}

/** Decisions about an account or a person. What fails for another reason, such as a database that is away, says nothing about them. */
const DECISIONS: Key[] = ['LoginFailed', 'UserExists', 'UserNotFound', 'CodeWrong', 'CodeExpired', 'MailFailed', 'Forbidden']

/** The limit of all strangers together at one account: from there on the account is closed to them. */
const LOCK = 'account'

export const originOf = ({ address, requestId, userAgent }: Caller): Origin => ({ network: networkOf(address), requestId, userAgent })

/** Tells the audit trail of what the rules decide. */
export function createAudit ({ record }: Pick<Events, 'record'>): Audit {
  async function audit<T> (type: EventType, email: string, caller: Caller, run: (note: Note) => Promise<T>): Promise<T> {
    const origin = originOf(caller)
    const note: Note = {
      userId: undefined,
      reason: undefined,
      stored: false,
      also: (type, reason) => { record({ type, outcome: 'success', reason, email, userId: note.userId, origin }) }
    }
    try {
      const result = await run(note)
      if (!note.stored) record({ type, outcome: 'success', reason: note.reason, email, userId: note.userId, origin })
      return result
    } catch (error) {
      if (error instanceof Failure) {
        const { key, fields: { audit } } = error
        if (DECISIONS.includes(key)) record({ type, outcome: 'failure', reason: audit ?? key, email, userId: note.userId, origin })
        else if ((key === 'TooManyRequests' || key === 'CaptchaRequired') && audit !== undefined) record({ type: audit === LOCK ? 'lock' : 'throttle', outcome: 'failure', reason: audit, email, origin })
      }
      throw error
    }
  }
  return Object.assign(audit, {
    note: (event: AuthEvent, caller: Caller) => { record({ ...event, origin: originOf(caller) }) },
    record: (type: EventType, email: string, reason: string) => { record({ type, outcome: 'success', reason, email }) }
  })
}
