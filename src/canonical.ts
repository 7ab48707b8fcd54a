// Dot-atoms of RFC 5321 on both sides, in ASCII: no quotes, comments, groups or address literals, so what is stored is
// what RCPT TO says. Each label is bounded and no two parts can match the same character: the match is linear.
const ATOM = "[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'
// No top-level domain begins with a digit (RFC 1123, section 2.1), and what ends in a number some read as an IPv4 address:
// mail for 1.85 or 0x7f.1 would go to 1.0.0.85 or 127.0.0.1.
const TOP_LABEL = '[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?'

/** A canonical e-mail address, of at most 100 characters. */
export const EMAIL_PATTERN = `^${ATOM}(?:\\.${ATOM})*@(?:${LABEL}\\.)+${TOP_LABEL}$`

/** E-mail addresses: trimmed and, in ASCII alone, lower-cased: no other letter may turn into an ASCII one here. */
export function canonicalEmail (email: string): string {
  return email.trim().replace(/[A-Z]+/g, letters => letters.toLowerCase())
}

/** Names: trimmed and in Unicode normalisation form C. */
export function canonicalName (name: string): string {
  return name.trim().normalize('NFC')
}

/**
 * The key under which a name is unique: its letters without case. Through upper case, as it unites what lower case keeps
 * apart (ß and ss), and which ẞ reaches only from lower case; back letter by letter, as lower case makes a Greek sigma
 * depend on its place.
 */
export function nameKey (name: string): string {
  return Array.from(canonicalName(name).toLowerCase().toUpperCase(), letter => letter.toLowerCase()).join('').normalize('NFC')
}

/** Whether an address is one that an account can have, in any spelling. */
export function isEmail (address: string): boolean {
  const email = canonicalEmail(address)
  return email.length <= 100 && new RegExp(EMAIL_PATTERN).test(email)
}
