/**
 * What a log may hold of nobody, wherever it comes from: addresses, also as URLs spell them; tokens; PHC strings; digests and keys
 * in hexadecimal. The path of a scoped package is no address. The bounds keep the time linear, whatever the text.
 */
const SECRETS: RegExp[] = [
  /eyJ[\w-]{1,4000}\.[\w-]{1,4000}(?:\.[\w-]{0,4000})?/g,
  /\$(?:pbkdf2-sm3|argon2id?)\$[^\s'"]{0,300}/g,
  /(?<![0-9a-f])[0-9a-f]{40,}/gi,
  /[^\s<>"'@/:(]{1,100}(?:@|%40)[^\s<>"'@/:)]{1,255}/gi
]
/** A mailed code, between anything but letters and digits; those of an octet in quoted-printable aside. */
const CODE = /(?:(?<![\p{L}\p{N}])|(?<==[0-9A-F]{2}))\p{N}{6}(?![\p{L}\p{N}])/gu
/** What a mail is encoded in, which may hold a code in other letters: words of its head (RFC 2047), lines of its body. */
const ENCODED = /=\?[\w-]{1,40}\?[bq]\?[^\s?]{0,100}(?:\?=)?|[a-z0-9+/]{40,}={0,2}/gi

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
  return masked(text).replace(ENCODED, '***').replace(CODE, '***')
}
