import { challengeOf, solveCaptcha } from '../../sdk/src/captcha.ts'

/** How far the proof of work is that was asked for; `unsolved`: it cannot be made here. */
export type Solving = 'solving' | 'solved' | 'unsolved'

/**
 * `fetch` for who may be asked for a proof of work (Code 428): solves the challenge and sends the request again with it, once. A challenge
 * after that, or one that cannot be solved, is the answer.
 */
export function fetchSolving (tell: (solving: Solving) => void): typeof fetch {
  return async (input, init) => {
    const asked = new Request(input, init)
    const answer = await fetch(asked.clone())
    const challenge = await challengeOf(answer)
    if (challenge === undefined) return answer
    tell('solving')
    const solution = await solveCaptcha(challenge).catch(() => undefined)
    tell(solution === undefined ? 'unsolved' : 'solved')
    if (solution === undefined) return answer
    const headers = new Headers(asked.headers)
    headers.set('x-captcha', solution)
    return fetch(new Request(asked, { headers }))
  }
}
