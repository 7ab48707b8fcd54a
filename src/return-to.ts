/** Where an app may have people sent back to: a whole origin, or what lies below a path of it. */
export interface ReturnTarget { scheme: string, host: string, path: string }

/**
 * Schemes that a browser runs, shows or hands to a program with more than an address in it; and the web's own, which are judged
 * apart. What is left are the schemes of apps (RFC 8252, section 7.1).
 */
const NO_APP = new Set([
  'http', 'https', 'javascript', 'data', 'vbscript', 'blob', 'file', 'filesystem', 'about', 'view-source', 'chrome', 'edge', 'resource', 'jar',
  'ws', 'wss', 'ftp', 'intent', 'android-app', 'content', 'mailto', 'tel', 'sms', 'facetime', 'ms-settings', 'search-ms', 'ms-msdt'
])
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/** An address has no other characters (RFC 3986): browsers drop tabs, turn \ into / and some dots of other scripts into ours. */
const PLAIN = /^[!#-[\]_a-z~]+$/i
/** A scheme, the slash that makes the rest no text for somebody else to read, and, for the web, exactly two with a host after them. */
const ABSOLUTE = /^(?:https?:\/\/(?=[^/?#])|(?!https?:)[a-z][a-z0-9+.-]*:\/)/i
/** A server may take these for the separators of a path, and so for a way out of it. */
const HIDDEN_SEPARATOR = /%(?:25|2e|2f|5c)/i
/** What the answer is told in: nobody else may have written it. */
const OURS = ['Result', 'State']
const LONGEST = 2_000

function parse (text: string): URL | undefined {
  if (text.length > LONGEST || !PLAIN.test(text) || !ABSOLUTE.test(text) || !URL.canParse(text)) return undefined
  // Before the path, @ means that what looks like the host is a user.
  const [authority = ''] = text.slice(text.indexOf(':') + 1).replace(/^\/+/, '').split(/[/?#]/, 1)
  return authority.includes('@') ? undefined : new URL(text)
}

const schemeOf = ({ protocol }: URL): string => protocol.slice(0, -1)
const isWeb = (scheme: string): boolean => scheme === 'https' || scheme === 'http'

/**
 * Reads an entry of `ACCOUNT_RETURN_TO`: an https origin, such an origin with a path, http for this machine alone, or the scheme
 * of an app (`dreamapp://`), also with host and path. `undefined` for anything else.
 */
export function readReturnTarget (entry: string): ReturnTarget | undefined {
  const url = parse(entry)
  if (url === undefined || /[?#*]/.test(entry) || HIDDEN_SEPARATOR.test(entry)) return undefined
  const scheme = schemeOf(url)
  if (isWeb(scheme) ? scheme === 'http' && !LOOPBACK.has(url.hostname) : NO_APP.has(scheme)) return undefined
  return { scheme, host: url.host, path: url.pathname.replace(/\/+$/, '') }
}

function isBelow ({ scheme, host, path }: ReturnTarget, url: URL): boolean {
  if (schemeOf(url) !== scheme) return false
  // dreamapp:// stands for the scheme: what comes after it is the app's own affair, and not the name of a machine.
  if (!isWeb(scheme) && host === '' && path === '') return true
  return url.host === host && (path === '' || url.pathname === path || url.pathname.startsWith(`${path}/`))
}

/**
 * Whether, and to which address exactly, people may be sent back. The answer is the address as it was understood here, so that
 * no browser can understand it otherwise.
 *
 * @param targets what the operator allows
 */
export function createReturnTo (targets: ReturnTarget[]): (given: string) => string | undefined {
  return given => {
    const url = parse(given)
    if (url === undefined || HIDDEN_SEPARATOR.test(url.pathname) || OURS.some(name => url.searchParams.has(name))) return undefined
    return targets.some(target => isBelow(target, url)) ? url.href : undefined
  }
}
