import ipaddr from 'ipaddr.js'

const NETWORK_GROUPS = 4
const BLOCK_GROUPS = 3

type Address = ReturnType<typeof ipaddr.process>

/** An address as a proxy may write it; `undefined` for what is none. */
function parsed (address: string): Address | undefined {
  // Some proxies forward the port with the address.
  const bare = /^\[(.*)\](?::\d+)?$/.exec(address)?.[1] ?? address.replace(/^([\d.]+):\d+$/, '$1')
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined
}

const leading = (address: ipaddr.IPv6, groups: number): string => `${address.parts.slice(0, groups).map(part => part.toString(16)).join(':')}::/${groups * 16}`

/** What counts as one network: an IPv4 address, also when written as IPv6, or the /64 that an IPv6 customer is given. */
export function networkOf (address: string): string {
  const known = parsed(address)
  // Whoever can make addresses up would otherwise have a count for each.
  if (known === undefined) return 'unknown'
  return known instanceof ipaddr.IPv6 ? leading(known, NETWORK_GROUPS) : known.toString()
}

/** What is often in one hand: an IPv4 /24, or the /48 that an IPv6 site is given. */
export function blockOf (address: string): string {
  const known = parsed(address)
  if (known === undefined) return 'unknown'
  return known instanceof ipaddr.IPv6 ? leading(known, BLOCK_GROUPS) : `${known.toByteArray().slice(0, 3).join('.')}.0/24`
}

/** Whether an address is one of a list of addresses and CIDR ranges, IPv4 written as IPv6 included. */
export function withinRanges (ranges: string[]): (address: string) => boolean {
  const list = ranges.map(range => range.includes('/') ? ipaddr.parseCIDR(range) : [ipaddr.process(range), undefined] as const)
  return address => {
    const known = parsed(address)
    if (known === undefined) return false
    return list.some(([base, bits]) => base.kind() === known.kind() && known.match(base, bits ?? known.toByteArray().length * 8))
  }
}
