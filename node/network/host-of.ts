/**
 * Where a connection comes from: its host and its neighbourhood.
 *
 * @module
 */

import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'

/** A source of connections. */
export interface Host {
  /** An IPv4 address, or the /56 that one IPv6 customer holds. */
  readonly host: string
  /** The /24 or /48 around it. */
  readonly subnet: string
}

const UNKNOWN: Host = { host: 'unknown', subnet: 'unknown' }
const MAPPED_IPV4_PREFIX = '::ffff:'

/** The host of a multiaddr; all that have no IP address count as one. */
export function hostOf(address: Multiaddr): Host {
  for (const component of address.getComponents()) {
    if (component.value === undefined) continue
    if (component.name === 'ip4') return ofIpv4(component.value)
    if (component.name === 'ip6') return ofIpv6(component.value.toLowerCase())
  }
  return UNKNOWN
}

/** The hosts of addresses in text; what is no address is nowhere. */
export function hostsOf(addresses: Iterable<string>): ReadonlySet<string> {
  const hosts = new Set<string>()
  for (const address of addresses) {
    const parsed = parseAddress(address)
    const { host } = parsed === undefined ? UNKNOWN : hostOf(parsed)
    if (host !== UNKNOWN.host) hosts.add(host)
  }
  return hosts
}

/** The host of a plain IP address, as sockets tell it. */
export function hostOfIp(address: string): string {
  return (address.includes(':') ? ofIpv6(address.toLowerCase()) : ofIpv4(address)).host
}

/** A multiaddr from text. */
export function parseAddress(text: string): Multiaddr | undefined {
  try {
    return multiaddr(text)
  } catch {
    // Addresses come from the ledger, where anybody may have written nonsense about himself.
    return undefined
  }
}

function ofIpv4(text: string): Host {
  return { host: text, subnet: text.slice(0, text.lastIndexOf('.')) }
}

function ofIpv6(text: string): Host {
  if (text.startsWith(MAPPED_IPV4_PREFIX) && text.includes('.')) {
    return ofIpv4(text.slice(MAPPED_IPV4_PREFIX.length))
  }
  const groups = expand(text)
  const subnet = groups.slice(0, 3).join(':')
  const customer = (groups[3] ?? '0000').slice(0, 2)
  return { host: `${subnet}:${customer}`, subnet }
}

function expand(text: string): readonly string[] {
  const [head = '', tail] = text.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: missing }, () => '0'), ...after]
  return groups.map((group) => group.padStart(4, '0'))
}
