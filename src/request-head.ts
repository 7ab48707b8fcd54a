import type { IncomingMessage } from 'node:http'
import type { Refusal } from './catalogue.ts'

/** Node drops what is beyond its own maximum without a word. */
const MOST_HEADERS = 100

/** A name or an address with or without a port (RFC 3986, section 3.2.2), without the comma that joins two lines into one. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._~%!$&'()*+;=-]*)(?::[0-9]*)?$/i

const ABSOLUTE = /^https?:\/\/([^/?#]*)/i

/**
 * What is wrong with the head of a request that Node's parser takes, as far as whoever forwarded it may have read it in another
 * way (RFC 9112, sections 2.3, 3.2 and 6.1); `undefined` for a sound one.
 */
export function headRefusal ({ httpVersion, headers, rawHeaders, url = '' }: IncomingMessage): Refusal | undefined {
  const { host } = headers
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return { field: 'Version', reason: 'Invalid' }
  if (host === undefined ? httpVersion === '1.1' : !HOST.test(host)) return { field: 'Host', reason: host === undefined ? 'Required' : 'Invalid' }
  if (rawHeaders.length > 2 * MOST_HEADERS) return { field: 'Headers', reason: 'TooMany', limit: MOST_HEADERS }
  const encoding = headers['transfer-encoding']
  if (encoding !== undefined && (encoding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) return { field: 'Transfer-Encoding', reason: 'Invalid' }
  // Most begin with a slash; "*" and the like are for the router to refuse.
  if (!url.startsWith('/') && host !== undefined && (ABSOLUTE.exec(url)?.[1] ?? host).toLowerCase() !== host.toLowerCase()) return { field: 'Host', reason: 'Invalid' }
}
