import { Type, type Static } from '@sinclair/typebox'
import type { AdministeredAccount } from '../../src/administration.ts'
import { isoTime, type User } from '../../src/schemas.ts'

/** The account that a route is about, in its path. */
export const userParams = Type.Object({ UserID: Type.String({ description: 'Number of the account.', pattern: '^[1-9][0-9]{0,9}$', examples: ['1'] }) })

/** How much of a list is asked for. Strings, as all there is in a URL. */
export const Limit = Type.String({ description: 'How many at most, 1 to 100.', pattern: '^([1-9][0-9]?|100)$', default: '50', examples: ['50'] })

const isoTimeOrNull = (dateTime: string | null): string | null => dateTime === null ? null : isoTime(dateTime)

/** An account as routes answer it. */
export function userOf ({ id, name, email, role, disabledAt, registeredAt, lastLogin }: AdministeredAccount): Static<typeof User> {
  return { UserID: id, Name: name, Email: email, Role: role, Disabled: disabledAt !== null, DisabledAt: isoTimeOrNull(disabledAt), RegisterTime: isoTimeOrNull(registeredAt), LastLogin: isoTimeOrNull(lastLogin) }
}
