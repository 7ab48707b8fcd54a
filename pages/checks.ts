import type { Texts } from './texts/zh.ts'

/** Says what is wrong with a value, or `undefined`. */
export type Check = (value: string, t: Texts) => string | undefined

const SHORTEST = 8
const LONGEST = 128
/** What no JSON text that the service takes has in it. */
const NO_TEXT = /\0|\p{Surrogate}/u
/** In characters, as the service counts them. */
export const lengthOf = (text: string): number => Array.from(text.normalize('NFC')).length

/** An address as the service spells it. */
export const addressOf = (text: string): string => text.trim().replace(/[A-Z]+/g, letters => letters.toLowerCase())

export const email: Check = (value, t) => {
  const address = value.trim()
  if (address === '') return t.checks.required(t.fields.Email)
  return address.length <= 100 && /^[!#$%&'*+/=?^_`{|}~.a-z0-9-]+@[a-z0-9-]+(?:\.[a-z0-9-]+)+$/i.test(address) ? undefined : t.checks.email
}

export const name: Check = (value, t) => {
  const given = value.trim().normalize('NFC')
  if (given === '') return t.checks.required(t.fields.Name)
  // eslint-disable-next-line no-control-regex
  return lengthOf(given) <= 50 && !/[\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]/.test(given) ? undefined : t.checks.name
}

/** A password that is chosen: the service sees its digest alone, so it is for the page to count. */
export const newPassword: Check = (value, t) => {
  const length = lengthOf(value)
  if (NO_TEXT.test(value)) return t.checks.invalid
  return length < SHORTEST ? t.checks.short : length > LONGEST ? t.checks.long : undefined
}

/** A password that was chosen once. */
export const password: Check = (value, t) => {
  if (value === '') return t.checks.required(t.fields.Password)
  return NO_TEXT.test(value) ? t.checks.invalid : lengthOf(value) > LONGEST ? t.checks.long : undefined
}

/** The digits of what was typed or pasted, in any width, whatever stands between them. */
export const digitsOf = (text: string): string => text.normalize('NFKC').replace(/\D/g, '').slice(0, 6)

export const code: Check = (value, t) => /^\d{6}$/.test(value) ? undefined : t.checks.code

const RUNS = ['0123456789012', '9876543210987', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', 'zyxwvutsrqponmlkjihgfedcba']

function isGuessable (password: string, owner: string[]): boolean {
  const plain = password.toLowerCase()
  if (new Set(plain).size < 4) return true
  if (RUNS.some(run => run.includes(plain))) return true
  return owner.flatMap(each => [each, each.split('@')[0] ?? '']).some(each => each.length > 2 && plain.replace(each.toLowerCase(), '').length < 4 && plain.includes(each.toLowerCase()))
}

export interface Strength { level: 0 | 1 | 2 | 3 | 4, text: string }

/** How good a password is, told by its length above all (NIST SP 800-63B); never better than the service will find it. @param owner name and address */
export function strength (value: string, owner: string[], t: Texts): Strength {
  const length = lengthOf(value)
  if (length === 0) return { level: 0, text: t.strength.empty }
  if (length < SHORTEST) return { level: 1, text: t.strength.short(SHORTEST - length) }
  if (length > LONGEST) return { level: 1, text: t.checks.long }
  if (isGuessable(value, owner)) return { level: 1, text: t.strength.guessable }
  if (length < 12) return { level: 2, text: t.strength.fair }
  return length < 16 ? { level: 3, text: t.strength.good } : { level: 4, text: t.strength.strong }
}
