import type { Static } from '@sinclair/typebox'
import type { StoredEvent } from '../src/events.ts'
import type { AccountEvent } from '../src/schemas.ts'

/** An event of the audit trail as routes answer it. */
export function eventOf ({ id, at, type, outcome, reason, userId, network, userAgent, requestId }: StoredEvent): Static<typeof AccountEvent> {
  return { EventID: id, OccurredAt: new Date(at).toISOString(), Type: type, Outcome: outcome, Reason: reason, UserID: userId, Network: network, UserAgent: userAgent, RequestID: requestId }
}
