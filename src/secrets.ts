/**
 * What a log may hold of nobody, wherever it comes from: addresses, also as URLs spell them; tokens; PHC strings; digests and keys
 * in hexadecimal. The path of a scoped package is no address. The bounds keep the time linear, whatever the text.
 */
const SECRETS: RegExp[] = [
  /\beyJ[\w-]{1,2000}\.[\w-]{1,2000}(?:\.[\w-]{0,2000})?/g,
  /\$(?:pbkdf2-sm3|argon2id?)\$[^\s'"]{0,300}/g,
  /(?<![0-9a-f])[0-9a-f]{40,200}(?![0-9a-f])/gi,
  /[^\s<>"'@/:(]{1,100}(?:@|%40)[^\s<>"'@/:)]{1,255}/gi
]
/** A mailed code, between anything but letters, digits and other digits' points. */
const CODE = /(?<![\p{L}\p{N}_])\p{N}{6}(?![\p{L}\p{N}_])/gu

/** Controls, direction marks and the like: what a terminal obeys, or takes for the end of the line. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]/gu

const LONGEST = 4_000

/** No longer than is of use, and not cut within a word: half a secret would not be known for one. */
function bounded (text: string): string {
  return text.length <= LONGEST ? text : text.slice(0, Math.max(0, text.lastIndexOf(' ', LONGEST)))
}

/** The text in one line and without secrets. */
export function masked (text: string): string {
  return SECRETS.reduce((left, secret) => left.replace(secret, '***'), bounded(text).replace(UNPRINTABLE, ' '))
}

/** The same for what others say, such as a mail server that repeats the mail in its refusal: no code either. */
export function maskedQuotation (text: string): string {
  return masked(text).replace(CODE, '***')
}
