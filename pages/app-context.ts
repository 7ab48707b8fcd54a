import { createContext } from 'preact'
import { useContext } from 'preact/hooks'
import type { Language } from './language.ts'
import type { Result, Return } from './return.ts'
import type { Texts } from './texts/zh.ts'

/** What every view may use. */
export interface AppState {
  t: Texts
  language: Language
  /** What the service is called, in this language. */
  brand: string
  setLanguage: (language: Language) => void
  /** Whether there is a token; `undefined` until it is known. */
  signedIn: boolean | undefined
  path: string
  go: (path: string, options?: { replace?: boolean }) => void
  /** Says something above the view, until the person goes on. */
  say: (text: string) => void
  /** Where the app is that sent the person. */
  back: Return
  /** Ends what the person came for: back to the app, or, where none asked, to a view with a word about it. */
  finish: (result: Result, view: string, text: string) => void
  /** Whether an end of the login is meant, and so no matter for complaint. */
  expectLogout: (expected: boolean) => void
}

export const AppContext = createContext<AppState | undefined>(undefined)

export function useApp (): AppState {
  const state = useContext(AppContext)
  if (state === undefined) throw new Error('only within App')
  return state
}
