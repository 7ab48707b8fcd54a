import { randomUUID } from 'node:crypto'
import { fail } from './catalogue.ts'
import type { Account, Role, Standing } from './accounts.ts'

/** The claims beside `iss`, `aud`, `iat` and `exp`, which the signer adds and checks. */
export interface Claims {
  /** UserID as a string (RFC 7519). */
  sub: string
  jti: string
  /** The account's token version at issue; a lower one than the account's is revoked, also within the same second. */
  ver: number
}

export interface Signer {
  sign: (claims: Claims) => string
  /** The claims of a token whose signature, type, issuer, audience and times are right, else it throws. */
  verify: (token: string) => unknown
}

/** Who a valid token speaks for. */
export interface Identity { id: number, role: Role }

export interface Tokens {
  issue: (account: Pick<Account, 'id' | 'tokenVersion'>) => string
  /**
   * @param authorization the `Authorization` header (RFC 6750, section 2.1)
   * @throws Code 401 for no token or one that is malformed, expired, revoked or wrongly signed; 510
   */
  check: (authorization: string | undefined) => Promise<Identity>
}

const BEARER = /^Bearer +([A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+)$/i
const USER_ID = /^[1-9][0-9]{0,15}$/
const LONGEST_TOKEN = 2048

/** @param standing looks an account up; `undefined` where it is gone */
export function createTokens (signer: Signer, standing: (id: number) => Promise<Standing | undefined>): Tokens {
  function claimsOf (token: string): Claims {
    try {
      const claims = signer.verify(token)
      if (isClaims(claims)) return claims
    } catch (error) {
      throw fail('Unauthorized', {}, error)
    }
    throw fail('Unauthorized')
  }

  return {
    issue: ({ id, tokenVersion }) => signer.sign({ sub: String(id), jti: randomUUID(), ver: tokenVersion }),

    async check (authorization) {
      const [, token] = authorization === undefined || authorization.length > LONGEST_TOKEN ? [] : BEARER.exec(authorization) ?? []
      if (token === undefined) throw fail('Unauthorized')
      const { sub, ver } = claimsOf(token)
      const id = Number(sub)
      const current = await standing(id)
      if (current === undefined || current.tokenVersion !== ver) throw fail('Unauthorized')
      return { id, role: current.role }
    }
  }
}

function isClaims (value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false
  const { sub, jti, ver, iat, exp } = Object(value)
  return typeof sub === 'string' && USER_ID.test(sub) && typeof jti === 'string' && jti !== '' &&
    [ver, iat, exp].every(number => Number.isSafeInteger(number))
}
