import { solveCaptcha, type CaptchaChallenge } from '../../sdk/src/captcha.ts'
import { digest, type Answer, type World } from '../helper.ts'
import { networkNumber, populate } from './people.ts'

/** Proof of work that takes a test some milliseconds. */
export const CAPTCHA = { CAPTCHA: 'altcha', CAPTCHA_DIFFICULTY: '10000' }
export const FREE_TRIES = 5
export const FREE_MAILS = 10

type Asker = Pick<World, 'post'>

/** Uses up what a network may try for nothing. */
export async function failOften ({ post }: Asker, from = '127.0.0.1'): Promise<void> {
  for (let i = 0; i < FREE_TRIES; i++) await post('/Auth/Login', { Email: `nobody${i}@example.com`, Password: digest('wrong') }, { from })
}

/** Uses up the mails that it may ask for, at addresses that nobody has. */
export async function askForMails ({ post }: Asker, from = '127.0.0.1'): Promise<void> {
  for (let i = 0; i < FREE_MAILS; i++) await post('/Auth/ResetPassword', { Email: `nobody${i}@example.com` }, { from })
}

export function challengeOf ({ body }: Answer): CaptchaChallenge {
  const { Challenge } = body
  if (typeof Challenge !== 'object' || Challenge === null) throw new Error(`no challenge: ${JSON.stringify(body)}`)
  return Challenge as CaptchaChallenge
}

/** What a client finds out for the answer of Code 428. */
export const solutionTo = (answer: Answer): Promise<string> => solveCaptcha(challengeOf(answer))

export const withSolution = (solution: string): { 'x-captcha': string } => ({ 'x-captcha': solution })

/** Somebody, on a network that nobody else is on. */
export interface Guest {
  /** Asked from there, unless said otherwise. */
  world: World
  from: string
  right: Credentials
  wrong: Credentials
}
interface Credentials { Email: string, Password: string }

/** Guests of one service, as many as there are. */
export async function guests (world: World, count: number): Promise<Guest[]> {
  return (await populate(world, count)).map(({ Email, Password }, i) => {
    const from = networkNumber(i)
    return { world: { ...world, post: (url, body, asking) => world.post(url, body, { from, ...asking }) }, from, right: { Email, Password }, wrong: { Email, Password: digest('wrong') } }
  })
}

export const ask = ({ post }: Pick<World, 'post'>, url: string, body: unknown, solution?: string): Promise<Answer> =>
  post(url, body, solution === undefined ? {} : { headers: withSolution(solution) })
export const login = (world: Pick<World, 'post'>, body: unknown, solution?: string): Promise<Answer> => ask(world, '/Auth/Login', body, solution)
/** Asks without a solution, and then with it. */
export const solved = async (world: Pick<World, 'post'>, url: string, body: unknown): Promise<Answer> => ask(world, url, body, await solutionTo(await ask(world, url, body)))
