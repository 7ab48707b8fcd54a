import { Agent, request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** One kind of request, and the Codes that answer it well. */
export interface Asking { method: 'GET' | 'POST', path: string, headers?: Record<string, string>, body?: unknown, codes: number[] }

/** What came of a load: of what was sent, what was not answered well, and the longest time without a good answer. */
export interface Tally { sent: number, failed: string[], longestGapMs: number, closed: number }

export interface Steady {
  /** Sends no more; resolves once all is answered. */
  stop: () => Promise<Tally>
  /** Resolves once every client has left. */
  left: Promise<unknown>
  tally: Tally
}

interface Options {
  clients: number
  /** Milliseconds between an answer and the next request of a client. */
  pause?: number
  /** Each client comes from a network of its own, as people do (Linux has all of 127.0.0.0/8). */
  apart?: boolean
  /** A client leaves for good when it is told to close its connection, as behind a balancer that has noticed. */
  leaves?: boolean
}

/** Clients that each ask one thing after another over a connection of their own that they keep. Nothing is tried twice. */
export function steadyLoad (url: string, askings: Asking[], { clients, pause = 0, apart = false, leaves = false }: Options): Steady {
  const tally: Tally = { sent: 0, failed: [], longestGapMs: 0, closed: 0 }
  let stopped = false
  let lastGood = performance.now()

  async function client (first: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1, ...(apart && { localAddress: `127.0.${first + 1}.1` }) })
    for (let i = first; !isStopped(); i++) {
      const asking = askings[i % askings.length]
      if (asking === undefined) break
      tally.sent++
      const { why, told } = await send(url, asking, agent).catch((error: unknown) => ({ why: String(error), told: undefined }))
      const now = performance.now()
      if (why === '') {
        tally.longestGapMs = Math.max(tally.longestGapMs, now - lastGood)
        lastGood = now
      } else tally.failed.push(`${asking.method} ${asking.path}: ${why}`)
      if (told === 'close') {
        tally.closed++
        if (leaves) break
      }
      if (pause > 0) await sleep(pause)
    }
    agent.destroy()
  }

  const isStopped = (): boolean => stopped
  const all = Promise.all(Array.from({ length: clients }, (_, i) => client(i)))
  return {
    tally,
    left: all,
    async stop () {
      stopped = true
      await all
      return tally
    }
  }
}

/** Sends one request. `why` says what was wrong with the answer, nothing for a good one. */
async function send (url: string, { method, path, headers, body, codes }: Asking, agent: Agent): Promise<{ why: string, told: string | undefined }> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = request(`${url}${path}`, { method, agent, headers: { ...headers, ...(text !== '' && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }) } }, resolve)
    asking.once('error', reject)
    asking.end(text)
  })
  let answer = ''
  for await (const chunk of response) answer += String(chunk)
  const code: unknown = answer.startsWith('{') ? JSON.parse(answer).Code : undefined
  return { why: typeof code === 'number' && codes.includes(code) ? '' : `${response.statusCode} ${answer.slice(0, 200)}`, told: response.headers.connection }
}
