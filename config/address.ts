/**
 * Which multiaddrs this network can use: an IP address or a name, a TCP port, perhaps a peer id.
 *
 * @module
 */

const ADDRESS_MAX_CHARACTERS = 320
const PORT_MAX = 65_535

const HOSTS: Readonly<Record<string, (host: string) => boolean>> = {
  ip4: isIp4,
  ip6: (host) => host.includes(':') && URL.canParse(`http://[${host}]/`),
  dns: isName,
  dns4: isName,
  dns6: isName
}

const OCTET = /^(0|[1-9]\d{0,2})$/

// Ed25519 peer ids only: an identity multihash in base58, which always begins like this.
const PEER_ID = /^12D3KooW[1-9A-HJ-NP-Za-km-z]{44}$/

function isIp4(host: string): boolean {
  const octets = host.split('.')
  return octets.length === 4 && octets.every((octet) => OCTET.test(octet) && Number(octet) <= 255)
}

function isName(host: string): boolean {
  const labels = host.replace(/\.$/, '').split('.')
  return host.length <= 253 && labels.every((label) => /^\w[\w-]{0,62}$/.test(label))
}

/** Why an address cannot be used, as the end of a sentence about it; undefined when it can. */
export function addressFault(text: string): string | undefined {
  const expected = 'is not a multiaddr like /ip4/192.0.2.7/tcp/4001'
  if (text.length > ADDRESS_MAX_CHARACTERS) return 'is too long for a multiaddr'
  const [empty, kind = '', host = '', transport, port = '', peerWord, peer = '', ...rest] =
    text.split('/')
  if (empty !== '' || transport !== 'tcp' || rest.length > 0) return expected
  const isHost = Object.hasOwn(HOSTS, kind) ? HOSTS[kind] : undefined
  if (isHost === undefined) return `${expected}: it begins with ip4, ip6, dns, dns4 or dns6`
  if (!isHost(host)) return `has no valid ${kind} address`
  if (!/^\d{1,5}$/.test(port) || Number(port) > PORT_MAX)
    return `has a port outside 0 to ${PORT_MAX}`
  if (peerWord === undefined) return undefined
  if (peerWord !== 'p2p') return expected
  return PEER_ID.test(peer) ? undefined : 'has no Ed25519 peer id (12D3KooW...) after /p2p/'
}

/** The same for an address to call, which must say whom one will meet there. */
export function peerAddressFault(text: string): string | undefined {
  const fault = addressFault(text)
  if (fault !== undefined) return fault
  if (!text.includes('/p2p/')) return 'does not end with /p2p/ and the peer id'
  return /\/tcp\/0+\//.test(text) ? 'has port 0, which nobody can call' : undefined
}

/** Whether a host can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIp4(host) && host.startsWith('127.'))
}
