import { challengeOf, type CaptchaChallenge } from './captcha.ts'
import { NetworkError } from './results.ts'
import type { Session } from './session.ts'
import { openPaths } from './tables.ts'
import { claimsOf } from './token.ts'

/** @returns the header `X-Captcha` of the request that is asked for again */
export type Solve = (challenge: CaptchaChallenge) => Promise<string>

interface Parts {
  fetch: typeof fetch
  language: () => string | undefined
  /** Longest wait for an answer, in milliseconds. */
  timeoutMs: number
  session: Session
  solve: Solve | false
}

const asksForToken = ({ url }: Request): boolean => !openPaths.some(path => new URL(url).pathname.endsWith(path))

/** Challenges that one call answers: the first may be over by the time that a slow machine has solved it. */
const MOST_CHALLENGES = 2

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

  async function sendSolving (request: Request, headers: Headers): Promise<Response> {
    let response = await send(request, headers)
    for (let solved = 0; solved < MOST_CHALLENGES; solved++) {
      const challenge = await challengeOf(response)
      if (challenge === undefined || solve === false) break
      // What cannot be solved here is the caller's to see.
      const solution = await solve(challenge).catch(() => undefined)
      if (solution === undefined) break
      headers.set('x-captcha', solution)
      response = await send(request, headers)
    }
    return response
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
    // What was asked in one person's name is not asked in another's, who has signed in meanwhile.
    if (claimsOf(kept)?.sub !== claimsOf(token)?.sub) return response
    // Refreshed in another tab, or signed in anew.
    headers.set('authorization', `Bearer ${kept}`)
    const second = await sendSolving(request, headers)
    if (second.status === 401) await session.end(kept)
    return second
  }
}
