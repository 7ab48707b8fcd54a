import Negotiator from 'negotiator'
import type { Language } from './catalogue.ts'

/** Reading a header takes a while, and clients send few different ones. */
const known = new Map<string, Language>()
const MOST_KNOWN = 500
const LONGEST_KNOWN = 200
const LONGEST_READ = 1_000

/** English where an `Accept-Language` header (RFC 9110, section 12.5.4) prefers it to Chinese, else Chinese. */
export function preferredLanguage (header: string | undefined): Language {
  // What is longer is no list of anybody's languages, and takes long to read.
  if (header === undefined || header.length > LONGEST_READ) return 'zh'
  const before = known.get(header)
  if (before !== undefined) return before
  const language = new Negotiator({ headers: { 'accept-language': header } }).language(['zh', 'en']) === 'en' ? 'en' : 'zh'
  if (header.length <= LONGEST_KNOWN) {
    // Whoever sends many must not fill the memory; the few come back soon.
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(header, language)
  }
  return language
}
