import { randomUUID } from 'node:crypto'
import ipaddr from 'ipaddr.js'

/**
 * What a proxy may name a request by. Longer ones would not fit the audit trail, and neither a digest nor a token is as short;
 * a code is shorter than any.
 */
const GIVEN = /^[A-Za-z0-9][A-Za-z0-9_.-]{15,59}$/

type Range = [address: ipaddr.IPv4 | ipaddr.IPv6, bits: number]

/** @param range an address or a CIDR range, as `TRUST_PROXY` lists them */
function rangeOf (range: string): Range {
  if (ipaddr.isValidCIDR(range)) return ipaddr.parseCIDR(range)
  const address = ipaddr.process(range)
  return [address, address.kind() === 'ipv4' ? 32 : 128]
}

/**
 * Names requests: as the proxy does that hands them on, where it is a trusted one and its name will do; else by a UUID, which
 * unlike a count is unique among processes and starts, as the audit trail keeps it.
 *
 * @param proxies addresses or CIDR ranges
 */
export function createRequestIds (proxies: string[]): (given: string | string[] | undefined, from: string | undefined) => string {
  const ranges = proxies.map(rangeOf)
  const isTrusted = (from: string): boolean => {
    if (!ipaddr.isValid(from)) return false
    const address = ipaddr.process(from)
    return ranges.some(([range, bits]) => range.kind() === address.kind() && address.match(range, bits))
  }
  return (given, from = '') => typeof given === 'string' && GIVEN.test(given) && isTrusted(from) ? given : randomUUID()
}
