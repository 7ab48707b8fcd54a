import type { Language } from '../catalogue.ts'
import type { Purpose } from '../codes.ts'
import type { MailName } from './names.ts'

/** What the mail of a code is made of. Nothing of it comes from the client but the address. */
export interface GivenCode { to: string, code: string, ttlSeconds: number }

export const codeMailName = (purpose: Purpose): MailName => `code-${purpose}`

const MINUTE = 60

/** How long a code lives, in words: whole minutes, else seconds. */
export function lifeOf (ttlSeconds: number, language: Language): string {
  const [count, one, many, zh] = ttlSeconds % MINUTE === 0 ? [ttlSeconds / MINUTE, 'minute', 'minutes', '分钟'] as const : [ttlSeconds, 'second', 'seconds', '秒'] as const
  return language === 'zh' ? `${count} ${zh}` : `${count} ${count === 1 ? one : many}`
}
