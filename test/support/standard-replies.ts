/** Replies of HTTP 200 whose form another standard fixes, by route, with the members it gives them. All others are envelopes. */
const replies: Record<string, string[]> = {
  // RFC 7517, section 5
  'GET /.well-known/jwks.json': ['keys']
}

/** The members of a reply that is no envelope; `undefined` for an envelope. */
export function standardReply (route: string, status: number | string): string[] | undefined {
  return Number(status) === 200 ? replies[route] : undefined
}
