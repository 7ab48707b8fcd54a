import { limits, free } from '../src/limits.ts'
import { solveCaptcha, type CaptchaChallenge } from '../sdk/src/captcha.ts'
import { guesses, inTurn, isGuess, many, tally, type Probe } from './attack.ts'
import { digest, freshNetwork, type Deployment } from './ground.ts'
import type { Answer } from './http.ts'

const [FREE] = free.tries
const [{ points: TRIES }] = limits.login

let serial = 0

const isAsked = ({ code, status }: Answer): boolean => code === 428 && status === 428

const guess = (deployment: Deployment, Email: string, from: string, solution?: string): Promise<Answer> =>
  deployment.post('/Auth/Login', { Email, Password: digest(`wrong work ${++serial}`) }, { from, ...(solution !== undefined && { headers: { 'x-captcha': solution } }) })

function challengeOf ({ body, text }: Answer): CaptchaChallenge {
  const { Challenge } = body
  if (typeof Challenge !== 'object' || Challenge === null) throw new Error(`no challenge: ${text}`)
  return Challenge as CaptchaChallenge
}

/** Uses up what a network has for nothing. Returns the challenge that comes after. */
async function asked (deployment: Deployment, from: string): Promise<CaptchaChallenge> {
  return challengeOf((await inTurn(FREE.points + 1, i => guess(deployment, `nobody${i}@example.com`, from))).at(-1) ?? await guess(deployment, 'nobody@example.com', from))
}

/** With CAPTCHA on: what is tried without the work. */
export const withoutWork: Probe[] = [{
  tried: 'with CAPTCHA on, 300 guesses at as many accounts at once, one network, both processes, without any work',
  async run ({ working }) {
    const from = freshNetwork()
    const answers = await many(300, i => guess(working, `person${i}@example.com`, from))
    return { held: guesses(answers) === FREE.points && answers.every(answer => isGuess(answer) || isAsked(answer)), came: tally(answers) }
  }
}, {
  tried: 'with CAPTCHA on and the work done, one account, one network, until told to wait',
  async run ({ working }) {
    const { Email } = await working.register()
    const from = freshNetwork()
    let challenge = await asked(working, from)
    const start = performance.now()
    const answers = await inTurn(TRIES + 5, async () => {
      const answer = await guess(working, Email, from, await solveCaptcha(challenge))
      challenge = challengeOf(await guess(working, Email, from))
      return answer
    })
    return { held: guesses(answers) === TRIES && answers.slice(TRIES).every(({ code }) => code === 429), came: `${tally(answers)}; ${Math.round((performance.now() - start) / answers.length)} ms each` }
  }
}]

/** What is tried with work that was done once, or for something else. */
export const workTwice: Probe[] = [{
  tried: 'with CAPTCHA on, one solution in 100 guesses at once, both processes; then less work under the same signature',
  async run ({ working }) {
    const from = freshNetwork()
    const challenge = await asked(working, from)
    const solution = await solveCaptcha(challenge)
    const answers = await many(100, i => guess(working, `person${i}@example.com`, from, solution))
    const { parameters } = challengeOf(await guess(working, 'nobody@example.com', from))
    const { derivedKey } = Object(JSON.parse(atob(solution))).solution
    const cheaper = await inTurn(4, async i => {
      const changed = [{ keyPrefix: '' }, { keyPrefix: '0' }, { cost: 1 }, { keySignature: '' }][i]
      const forged = { challenge: { parameters: { ...parameters, ...changed }, signature: challenge.signature }, solution: { counter: 0, derivedKey, time: 0 } }
      return guess(working, 'nobody@example.com', from, btoa(JSON.stringify(forged)))
    })
    return { held: guesses(answers) === 1 && answers.filter(isAsked).length === 99 && cheaper.every(isAsked), came: `${tally(answers)}; ${tally(cheaper)}` }
  }
}]
