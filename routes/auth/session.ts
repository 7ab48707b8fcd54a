import type { Static } from '@sinclair/typebox'
import { isoTime, type Session } from '../../src/schemas.ts'
import type { ListedSession } from '../../src/sessions.ts'

/** A session as routes answer it. */
export function sessionOf ({ id, createdAt, lastSeenAt, expiresAt, network, userAgent }: ListedSession): Omit<Static<typeof Session>, 'Current'> {
  return { SessionID: id, CreatedAt: isoTime(createdAt), LastSeenAt: isoTime(lastSeenAt), ExpiresAt: isoTime(expiresAt), Network: network, UserAgent: userAgent }
}
