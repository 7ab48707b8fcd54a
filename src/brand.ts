import type { Language } from './catalogue.ts'
import type { Config } from './config.ts'

/** A colour for text and what is drawn like text, on the papers of each colour scheme. `on` is for text upon it. */
interface Accent { color: string, on: string }

/** What mails and pages show of whose they are. */
export interface Brand {
  name: Record<Language, string>
  /** As the operator has set it, `#rrggbb`: for areas that carry no text. */
  color: string
  /** Near to it, with a contrast of at least 4.5 to 1 on every paper of the scheme (WCAG 2.2, 1.4.3). */
  light: Accent
  dark: Accent
  /** The product's site. */
  url: string | undefined
}

export const DEFAULT_NAMES: Record<Language, string> = { zh: 'Dream 记梦', en: 'Dream' }
export const DEFAULT_COLOR = '#5b4fc7'
/** Characters of a name: a subject has room for it. */
export const LONGEST_NAME = 40
const LONGEST_URL = 200

/** The papers that mails and pages are written on, the one farther from white or black first. */
export const PAPERS = { light: '#f1f0f7', dark: '#211e2c' } as const
const LEAST_CONTRAST = 4.5
const [WHITE, NIGHT] = ['#ffffff', '#17151f']

/** Whether a name can stand in a header, a title and a sentence: bounded, without line ends and without marks that turn text around. */
export function isBrandName (name: string): boolean {
  const { length } = Array.from(name.trim())
  return length > 0 && length <= LONGEST_NAME && !/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u.test(name.trim())
}

/** Whether a link to it can stand in a mail. */
export function isBrandUrl (url: string): boolean {
  if (url.length > LONGEST_URL || !URL.canParse(url)) return false
  const { protocol, username, password } = new URL(url)
  return protocol === 'https:' && username === '' && password === ''
}

/** The brand that the settings describe. */
export function brandOf ({ BRAND_NAME, BRAND_NAME_EN, BRAND_COLOR, BRAND_URL }: Pick<Config, 'BRAND_NAME' | 'BRAND_NAME_EN' | 'BRAND_COLOR' | 'BRAND_URL'>): Brand {
  const color = `#${BRAND_COLOR.replace('#', '').toLowerCase()}`
  return {
    name: { zh: BRAND_NAME, en: BRAND_NAME_EN },
    color,
    light: accent(color, PAPERS.light, '#000000'),
    dark: accent(color, PAPERS.dark, WHITE),
    url: BRAND_URL === undefined ? undefined : new URL(BRAND_URL).href
  }
}

function accent (color: string, paper: string, towards: string): Accent {
  let readable = color
  for (let share = 0.05; contrast(readable, paper) < LEAST_CONTRAST; share += 0.05) readable = mixed(color, towards, Math.min(share, 1))
  return { color: readable, on: contrast(readable, WHITE) >= contrast(readable, NIGHT) ? WHITE : NIGHT }
}

const channels = (color: string): number[] => [1, 3, 5].map(at => parseInt(color.slice(at, at + 2), 16))

function mixed (color: string, other: string, share: number): string {
  const others = channels(other)
  return `#${channels(color).map((value, i) => Math.round(value + ((others[i] ?? value) - value) * share).toString(16).padStart(2, '0')).join('')}`
}

function luminance (color: string): number {
  const [red = 0, green = 0, blue = 0] = channels(color).map(value => value / 255).map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

/** The contrast of two colours, `#rrggbb`, from 1 to 21 (WCAG 2.2, "contrast ratio"). */
export function contrast (one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b)
  return (light + 0.05) / (dark + 0.05)
}
