import type { Brand } from '../brand.ts'
import type { Language } from '../catalogue.ts'
import type { Purpose } from '../codes.ts'
import { codeMailName, lifeOf, type GivenCode } from './code-mail.ts'
import type { Mail } from './mail.ts'
import type { MailName } from './names.ts'
import { noticeMailName, noticeValues, type Given, type Notice } from './notice-mail.ts'
import type { Values } from './template.ts'
import type { Templates } from './templates.ts'
import { partsOf } from './wording.ts'

/** Writes the mails of a service. */
export interface Mails {
  /** The mail that carries a code, which stands alone on a line of its text, so that it can be copied by a double click. */
  codeMail: (purpose: Purpose, language: Language, given: GivenCode) => Mail
  /** The mail that tells the owner of a change. It holds no link: nobody should learn to follow one from such a mail. */
  noticeMail: <N extends Notice>(notice: N, language: Language, given: Given<N> & { to: string }) => Mail
}

const LANGUAGE_TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en' }

/** How a language is named in HTML and headers (BCP 47). */
export const languageTag = (language: Language): string => LANGUAGE_TAGS[language]

/** A header is one line. */
const oneLine = (text: string): string => text.replace(/[\s\p{Cc}]+/gu, ' ').trim()

/** @param templates what they are written by, from `openTemplates` */
export function createMails ({ name: names, color, light, dark, url }: Brand, templates: Templates): Mails {
  function write (name: MailName, language: Language, to: string, given: Values, code?: string): Mail {
    const { wording, html } = templates(name, language)
    const values = { brand: names[language], url: code === undefined ? undefined : url, ...given }
    const subject = oneLine(wording.subject(values))
    const text = wording.body(values)
    const { lead, notes } = partsOf(text, code)
    const preview = wording.preview(values)
    return {
      to,
      language,
      subject,
      text,
      html: html({
        ...values,
        subject,
        heading: wording.heading(values),
        preview: preview === '' ? lead[0] : preview,
        lead,
        notes,
        // Digit by digit: a screen reader would make a number of it.
        spokenCode: code === undefined ? undefined : Array.from(code).join(' '),
        language: languageTag(language),
        zh: language === 'zh',
        en: language === 'en',
        color,
        accent: light.color,
        accentDark: dark.color
      })
    }
  }
  return {
    codeMail: (purpose, language, { to, code, ttlSeconds }) => write(codeMailName(purpose), language, to, { code, life: lifeOf(ttlSeconds, language) }, code),
    noticeMail: (notice, language, given) => write(noticeMailName(notice), language, given.to, noticeValues(language, given))
  }
}
