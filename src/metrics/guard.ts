import { createHash, timingSafeEqual } from 'node:crypto'

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

/**
 * Whether an `Authorization` header carries the token (RFC 6750, section 2.1). Digests are compared, as they are of one length
 * and their comparison tells nothing by its time.
 *
 * @param token none: everybody may ask
 */
export function createGuard (token: string | undefined): (authorization: string | undefined) => boolean {
  if (token === undefined) return () => true
  const expected = digest(token)
  return (authorization = '') => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization) ?? []
    return timingSafeEqual(digest(given), expected)
  }
}
