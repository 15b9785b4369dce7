/**
 * CoAP sources: what each may ask, and how much may be sent to it.
 *
 * The sender of a datagram may be anybody. Until it has sent back an Echo value
 * that was sent to it, no more than three times the bytes that came from it go
 * out to it, so that a forged sender's address is worth nothing to the forger.
 *
 * @see RFC 9175 §2, RFC 9000 §8
 * @module
 */

import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { isIPv6 } from 'node:net'
import { LRUCache } from 'lru-cache'
import { TokenBucket } from '../network/token-bucket.ts'

/** Where a datagram says that it comes from. */
export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** What may be asked. */
export interface SourceLimits {
  /** Requests a second of one address. */
  readonly requestsPerSecond: number
}

/** The sources. Time is monotonic, in milliseconds. */
export interface Sources {
  /** Counts a datagram; false when its address sends too many. */
  readonly hear: (from: Endpoint, sizeBytes: number, nowMs: number) => boolean
  /** Counts a new request; false when its address asks too often. */
  readonly admit: (from: Endpoint, nowMs: number) => boolean
  /** Whether somebody who reads what is sent there has spoken from there lately. */
  readonly isVerified: (to: Endpoint, nowMs: number) => boolean
  /** Whether so many bytes may be sent; if so, they are counted. */
  readonly spend: (to: Endpoint, sizeBytes: number, nowMs: number) => boolean
  /** The value to send back. */
  readonly challenge: (to: Endpoint, nowMs: number) => Uint8Array
  /** Takes a value that came back; false for one that was not sent there, or too long ago. */
  readonly verify: (from: Endpoint, echo: Uint8Array, nowMs: number) => boolean
}

/** Bytes out for each byte in, before a source is verified. */
export const AMPLIFICATION_MAX = 3
/** Sources remembered, by address and by end point. Who is forgotten begins anew. */
const SOURCES_MAX = 10_000
/** How long an end point that is silent stays verified. */
const VERIFIED_FOR_MS = 300_000
/** An Echo value is good in the slot in which it was made and in the next one. */
const ECHO_SLOT_MS = 60_000
const ECHO_BYTES = 8
const KEY_BYTES = 32
/** A burst is what two seconds allow. */
const BURST_SECONDS = 2
/**
 * Datagrams for each request: acknowledgements, repetitions, refusals, and the blocks of one body,
 * of which the largest has 64.
 */
const DATAGRAMS_PER_REQUEST = 8

interface Seen {
  readonly datagrams: TokenBucket
  readonly requests: TokenBucket
}

interface Known {
  /** Bytes that may still go out unverified. */
  creditBytes: number
  verifiedUntilMs: number
}

/** Opens the sources. */
export function createSources({ requestsPerSecond }: SourceLimits): Sources {
  const key = randomBytes(KEY_BYTES)
  const hosts = new LRUCache<string, Seen>({ max: SOURCES_MAX })
  const endpoints = new LRUCache<string, Known>({ max: SOURCES_MAX })
  const bucketsOf = ({ address }: Endpoint, nowMs: number): Seen => {
    const host = hostKey(address)
    const seen = hosts.get(host)
    if (seen !== undefined) return seen
    const burst = requestsPerSecond * BURST_SECONDS
    const fresh: Seen = {
      datagrams: new TokenBucket(burst * DATAGRAMS_PER_REQUEST, BURST_SECONDS * 1000, nowMs),
      requests: new TokenBucket(burst, BURST_SECONDS * 1000, nowMs)
    }
    hosts.set(host, fresh)
    return fresh
  }
  const knownOf = (of: Endpoint): Known => {
    const name = endpointKey(of)
    const known = endpoints.get(name) ?? { creditBytes: 0, verifiedUntilMs: 0 }
    endpoints.set(name, known)
    return known
  }
  const echoOf = (of: Endpoint, slot: number): Uint8Array =>
    createHmac('sha256', key)
      .update(`${slot} ${endpointKey(of)}`)
      .digest()
      .subarray(0, ECHO_BYTES)
  return {
    hear: (from, sizeBytes, nowMs) => {
      if (!bucketsOf(from, nowMs).datagrams.tryTake(1, nowMs)) return false
      const known = knownOf(from)
      known.creditBytes += sizeBytes * AMPLIFICATION_MAX
      if (known.verifiedUntilMs > nowMs) known.verifiedUntilMs = nowMs + VERIFIED_FOR_MS
      return true
    },
    admit: (from, nowMs) => bucketsOf(from, nowMs).requests.tryTake(1, nowMs),
    isVerified: (to, nowMs) => knownOf(to).verifiedUntilMs > nowMs,
    spend: (to, sizeBytes, nowMs) => {
      const known = knownOf(to)
      if (known.verifiedUntilMs <= nowMs && known.creditBytes < sizeBytes) return false
      known.creditBytes = Math.max(0, known.creditBytes - sizeBytes)
      return true
    },
    challenge: (to, nowMs) => echoOf(to, Math.floor(nowMs / ECHO_SLOT_MS)),
    verify: (from, echo, nowMs) => {
      const slot = Math.floor(nowMs / ECHO_SLOT_MS)
      const isOurs = [slot, slot - 1].some((each) => {
        const own = echoOf(from, each)
        return own.length === echo.length && timingSafeEqual(own, echo)
      })
      if (isOurs) knownOf(from).verifiedUntilMs = nowMs + VERIFIED_FOR_MS
      return isOurs
    }
  }
}

/** An end point as a key. */
export function endpointKey({ address, port }: Endpoint): string {
  return `${address} ${port}`
}

/** One host: an IPv4 address, or the /64 within which whoever has one IPv6 address has all. */
export function hostKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)
  if (mapped !== null) return mapped[1] ?? address
  if (!isIPv6(address)) return address
  const [before = '', after] = address.replace(/%.*$/, '').split('::')
  const groups = before === '' ? [] : before.split(':')
  const tail = after === undefined || after === '' ? [] : after.split(':')
  const missing = after === undefined ? 0 : 8 - groups.length - tail.length
  const whole = [...groups, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...tail]
  return `${whole.slice(0, 4).join(':')}::/64`
}
