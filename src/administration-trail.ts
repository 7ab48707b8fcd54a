import type { Account, Caller } from './accounts.ts'
import { originOf } from './audit.ts'
import type { Events, EventType, Outcome } from './events.ts'

/** Who does it: an administrator over the network, or somebody who has the machine. */
export type Administrator = { id: number, caller: Caller } | 'shell'

export type Recorder = (type: EventType, outcome: Outcome, reason: string) => void

/**
 * Takes down what was done: in the trail of the account, and in that of the administrator. Neither names the other, so that
 * either can be erased; the id of the request tells who did what to whom. That an account was deleted is stored with the deletion.
 */
export function createRecorder ({ record }: Pick<Events, 'record'>, { id, email }: Pick<Account, 'id' | 'email'>, by: Administrator, administrator: Account | undefined): Recorder {
  const origin = by === 'shell' ? undefined : originOf(by.caller)
  return (type, outcome, reason) => {
    const deleted = type === 'deletion' && outcome === 'success'
    if (!deleted) record({ type, outcome, reason, email, userId: id, origin })
    // Of administrators who have deleted themselves nothing may be left.
    if (administrator !== undefined && !(deleted && administrator.id === id)) record({ type: 'administration', outcome, reason: type, email: administrator.email, userId: administrator.id, origin })
  }
}
