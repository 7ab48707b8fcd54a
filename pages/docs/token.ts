/** What an answer means for the token that the page sends along: another one, none from now on, or nothing. */
export type TokenChange = { token: string } | 'forget' | undefined

const GIVES = new Set(['/Auth/Login', '/Auth/Refresh'])
const ENDS = new Set(['POST /Auth/Logout', 'DELETE /Auth/Account'])

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

/** @param answer of this service, its body as text */
export function tokenChange ({ method, path, text }: { method: string, path: string, text: string }): TokenChange {
  if (!GIVES.has(path) && !ENDS.has(`${method} ${path}`)) return undefined
  let envelope: unknown
  try {
    envelope = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(envelope)) return undefined
  if (GIVES.has(path)) return typeof envelope.Token === 'string' ? { token: envelope.Token } : undefined
  return envelope.Code === 200 ? 'forget' : undefined
}
