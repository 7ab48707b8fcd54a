import { en } from './texts/en.ts'
import { zh, type Texts } from './texts/zh.ts'

export type Language = 'zh' | 'en'
export const texts: Record<Language, Texts> = { zh, en }

const KEY = 'dream.language'

const isLanguage = (value: unknown): value is Language => value === 'zh' || value === 'en'

/** Storage may be forbidden, or full: the choice then lasts as long as the page. */
export function remember (language: Language): void {
  try { localStorage.setItem(KEY, language) } catch {}
}

function remembered (): string | null {
  try { return localStorage.getItem(KEY) } catch { return null }
}

/** The language of the address (`?lang=en`), else that chosen before, else the first of the browser's that we speak, else Chinese. */
export function chooseLanguage (): Language {
  const asked = new URLSearchParams(location.search).get('lang')?.slice(0, 2).toLowerCase()
  if (isLanguage(asked)) {
    remember(asked)
    return asked
  }
  const before = remembered()
  if (isLanguage(before)) return before
  return navigator.languages.map(each => each.slice(0, 2).toLowerCase()).find(isLanguage) ?? 'zh'
}
