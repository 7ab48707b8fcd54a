/** What of a token a client goes by. Times are in seconds. */
export interface Claims { sid: string, sub: string, iat: number, exp: number }

/** Reads a token without checking it, which only the service can. `undefined` where it is none. */
export function claimsOf (token: string): Claims | undefined {
  try {
    const base64 = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    const claims: unknown = JSON.parse(atob(base64))
    return isClaims(claims) ? claims : undefined
  } catch {
    return undefined
  }
}

function isClaims (value: unknown): value is Claims {
  if (typeof value !== 'object' || value === null) return false
  const { sid, sub, iat, exp } = { sid: undefined, sub: undefined, iat: undefined, exp: undefined, ...value }
  return typeof sid === 'string' && typeof sub === 'string' && typeof iat === 'number' && typeof exp === 'number'
}
