import type { Language } from '../catalogue.ts'

/** Every mail that there is: the name of its files, and what besides the brand it has to tell. */
export const variables = {
  'code-sign': ['code', 'life'],
  'code-reset': ['code', 'life'],
  'code-email': ['code', 'life'],
  'notice-password-changed': ['time'],
  'notice-email-changed': ['time', 'newEmail', 'days', 'until'],
  'notice-email-restored': ['time'],
  'notice-new-network': ['time', 'network'],
  'notice-account-deleted': ['time']
} as const satisfies Record<string, readonly string[]>

export type MailName = keyof typeof variables

const isMailName = (name: string): name is MailName => name in variables

export const mailNames = Object.keys(variables).filter(isMailName)
export const languages: Language[] = ['zh', 'en']

/** What every template may show: the brand. */
export const brandVariables = ['brand', 'url'] as const

/** What HTML may show besides: the mail's parts, its language, and colours. */
export const htmlVariables = ['subject', 'heading', 'preview', 'lead', 'code', 'spokenCode', 'notes', 'language', 'zh', 'en', 'color', 'accent', 'accentDark'] as const
