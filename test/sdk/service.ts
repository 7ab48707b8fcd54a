import { createServer, type RequestListener } from 'node:http'
import type { Test } from 'tap'
import type { World } from '../helper.ts'

/** Where the service of a test listens. */
export const listen = (world: World): Promise<string> => world.app.listen({ host: '127.0.0.1', port: 0 })

/** Something that listens where a service should. */
export async function pretend (t: Test, answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('it does not listen')
  return `http://127.0.0.1:${address.port}`
}

/** A request as it was sent. */
export interface Sent { method: string, path: string, headers: Record<string, string>, body: string }

export interface Network {
  fetch: typeof fetch
  sent: Sent[]
  /** How often a path was asked for. */
  asked: (path: string) => number
  /** Comes before a request is sent: it may fail, wait, or answer itself. */
  before: (path: string) => Promise<Response | undefined>
  /** Comes before an answer is seen, and may fail or wait. */
  after: (path: string) => Promise<void>
}

/** `fetch` that takes note of what it sends, with the troubles that a network may have. */
export function network (): Network {
  const made: Network = {
    sent: [],
    asked: path => made.sent.filter(request => request.path === path).length,
    before: async () => undefined,
    after: async () => {},
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { pathname, search } = new URL(request.url)
      made.sent.push({ method: request.method, path: pathname + search, headers: Object.fromEntries(request.headers), body: await request.clone().text() })
      const response = await made.before(pathname) ?? await fetch(request)
      await made.after(pathname)
      return response
    }
  }
  return made
}

/** Something to wait for, and what ends the wait. */
export function gate (): { opened: Promise<void>, open: () => void } {
  let open = (): void => {}
  const opened = new Promise<void>(resolve => { open = resolve })
  return { opened, open }
}
