import type { Session } from './session.ts'
import { NetworkError } from './results.ts'
import { openPaths } from './tables.ts'

interface Parts {
  fetch: typeof fetch
  language: () => string | undefined
  /** Longest wait for an answer, in milliseconds. */
  timeoutMs: number
  session: Session
  /** Answers a challenge. */
  solve: ((challenge: unknown) => Promise<string>) | undefined
}

const asksForToken = ({ url }: Request): boolean => !openPaths.some(path => new URL(url).pathname.endsWith(path))

async function challengeIn (response: Response): Promise<unknown> {
  const answer: unknown = await response.clone().json()
  return typeof answer === 'object' && answer !== null && 'Challenge' in answer ? answer.Challenge : undefined
}

/**
 * `fetch` as the service wants to be asked: with the language, and with the token unless the request brings one or needs none. A
 * token that is refused is dropped. @throws NetworkError
 */
export function createTransport ({ fetch, language, timeoutMs, session, solve }: Parts): (request: Request) => Promise<Response> {
  /** The whole answer, or none: the body counts for the time as well. */
  async function send (request: Request, headers: Headers): Promise<Response> {
    const controller = new AbortController()
    const abort = (): void => controller.abort(request.signal.reason)
    const timer = setTimeout(() => controller.abort(new DOMException('no answer in time', 'TimeoutError')), timeoutMs)
    request.signal.addEventListener('abort', abort)
    if (request.signal.aborted) abort()
    try {
      // The service never redirects, and elsewhere nobody may have what is sent to it.
      const response = await fetch(new Request(request.clone(), { headers, signal: controller.signal, redirect: 'error' }))
      const body = await response.arrayBuffer()
      const { status, statusText, headers: answered } = response
      return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers: answered })
    } catch (error) {
      if (request.signal.aborted) throw error
      throw new NetworkError(error)
    } finally {
      clearTimeout(timer)
      request.signal.removeEventListener('abort', abort)
    }
  }

  /** Answers one challenge at most. */
  async function sendSolving (request: Request, headers: Headers): Promise<Response> {
    const response = await send(request, headers)
    if (response.status !== 428 || solve === undefined) return response
    const solution = await challengeIn(response).then(solve).catch(() => undefined)
    if (solution === undefined) return response
    headers.set('x-captcha', solution)
    return send(request, headers)
  }

  return async request => {
    const headers = new Headers(request.headers)
    const preferred = language()
    if (preferred !== undefined && !headers.has('accept-language')) headers.set('accept-language', preferred)
    const given = headers.get('authorization')?.replace(/^Bearer /, '')
    const token = given ?? (asksForToken(request) ? await session.fresh() : undefined)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)

    const response = await sendSolving(request, headers)
    if (response.status !== 401 || token === undefined) return response
    const kept = await session.token()
    if (given !== undefined || kept === undefined || kept === token) {
      await session.end(token)
      return response
    }
    // Refreshed in another tab meanwhile, or signed in anew.
    headers.set('authorization', `Bearer ${kept}`)
    const second = await sendSolving(request, headers)
    if (second.status === 401) await session.end(kept)
    return second
  }
}
