import { useApp } from '../app-context.ts'
import { en } from './en.ts'
import { zh, type Words } from './zh.ts'

const words = { zh, en }

export function useWords (): Words {
  return words[useApp().language]
}

/** The word for a key that the service may have more of than we have words for. */
export function wordFor (list: Record<string, string>, key: string): string {
  return Object.hasOwn(list, key) ? list[key] ?? key : key
}
