import { createDreamAuth, localStore, solveCaptcha, type CaptchaChallenge } from '../sdk/src/index.ts'
import { chooseLanguage, type Language } from './language.ts'

let language = chooseLanguage()
/** The language that answers are asked for in. */
export const speak = (chosen: Language): void => { language = chosen }

let showSolving = (_solving: boolean): void => {}
/** Tells while the page works out what the service asks of networks that have failed too often. */
export const onSolving = (listener: (solving: boolean) => void): void => { showSolving = listener }

async function solve (challenge: CaptchaChallenge): Promise<string> {
  showSolving(true)
  try {
    return await solveCaptcha(challenge)
  } finally {
    showSolving(false)
  }
}

/**
 * The client of this page. The token is kept in `localStorage`: shared by the tabs, so that a logout in one is a logout in all.
 * What it is guarded by there: no script but ours runs on this origin (the policy, and Trusted Types), and it can be revoked.
 */
export const auth = createDreamAuth({ store: localStore(), language: () => language, solve })
