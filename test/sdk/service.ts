import type { World } from '../helper.ts'

/** Where the service of a test listens. */
export const listen = (world: World): Promise<string> => world.app.listen({ host: '127.0.0.1', port: 0 })

/** A request as it was sent. */
export interface Sent { method: string, path: string, headers: Record<string, string>, body: string }

/** `fetch`, and all that was sent with it. */
export function recorder (): { fetch: typeof fetch, sent: Sent[] } {
  const sent: Sent[] = []
  return {
    sent,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { pathname, search } = new URL(request.url)
      sent.push({ method: request.method, path: pathname + search, headers: Object.fromEntries(request.headers), body: await request.clone().text() })
      return fetch(request)
    }
  }
}
