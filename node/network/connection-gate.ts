/**
 * ConnectionGate: who may connect.
 *
 * Before the handshake only the source is known: each host and each subnet has
 * a rate and a number of half-open connections. After it the key is known:
 * members always come in, observers as long as there are slots for them and for
 * their host, others never.
 *
 * @module
 */

import type { ConnectionGater, MultiaddrConnection, PeerId } from '@libp2p/interface'
import { type Host, hostOf } from './host-of.ts'
import type { NetworkLimits } from './limits.ts'
import { type PeerKey, peerKeyOf } from './peer-key.ts'
import { TokenBucket } from './token-bucket.ts'

/** What the gate is told once. */
export interface ConnectionGateOptions {
  readonly observersMax: number
  readonly limits: NetworkLimits
}

/** What the gate asks whenever somebody knocks. */
export interface ConnectionGatePorts {
  readonly now: () => number
  readonly isMember: (peer: PeerKey) => boolean
  readonly isMemberHost: (host: string) => boolean
  readonly isBanned: (peer: PeerKey) => boolean
  readonly isHostBanned: (host: string) => boolean
  readonly refused: (reason: string) => void
}

const TRACKED_HOSTS_MAX = 16_384

/** The doorkeeper that libp2p asks at each step of a connection. */
export class ConnectionGate implements ConnectionGater {
  readonly #options: ConnectionGateOptions
  readonly #ports: ConnectionGatePorts
  readonly #hostBuckets = new Map<string, TokenBucket>()
  readonly #subnetBuckets = new Map<string, TokenBucket>()
  readonly #pending = new Map<MultiaddrConnection, string>()
  readonly #admitted = new Map<MultiaddrConnection, { key: PeerKey; host: string }>()

  constructor(options: ConnectionGateOptions, ports: ConnectionGatePorts) {
    this.#options = options
    this.#ports = ports
  }

  /** Asked when a socket has been accepted. */
  denyInboundConnection(connection: MultiaddrConnection): boolean {
    const source = hostOf(connection.remoteAddr)
    const reason = this.#whyNotKnock(source)
    if (reason !== undefined) return this.#refuse(reason)
    this.#pending.set(connection, source.host)
    connection.addEventListener('close', () => {
      this.#pending.delete(connection)
      this.#admitted.delete(connection)
    })
    return false
  }

  /** Asked when the handshake has proven the key of whoever called us. */
  denyInboundEncryptedConnection(peer: PeerId, connection: MultiaddrConnection): boolean {
    this.#pending.delete(connection)
    const key = peerKeyOf(peer)
    if (key === undefined) return this.#refuse('key-kind')
    const { host } = hostOf(connection.remoteAddr)
    if (!this.#ports.isMember(key)) {
      const reason = this.#whyNotObserve(key, host)
      if (reason !== undefined) return this.#refuse(reason)
    }
    this.#admitted.set(connection, { key, host })
    return false
  }

  /** Asked when the handshake has proven the key of whom we called. */
  denyOutboundEncryptedConnection(peer: PeerId): boolean {
    const key = peerKeyOf(peer)
    if (key === undefined) return this.#refuse('key-kind')
    if (!this.#ports.isMember(key) && this.#ports.isBanned(key)) return this.#refuse('banned')
    return false
  }

  /** Asked before a dial. */
  denyDialPeer(peer: PeerId): boolean {
    return this.denyOutboundEncryptedConnection(peer)
  }

  /** Forgets hosts that have been quiet. */
  sweep(): void {
    const nowMs = this.#ports.now()
    for (const buckets of [this.#hostBuckets, this.#subnetBuckets]) {
      for (const [name, bucket] of buckets) if (bucket.isFull(nowMs)) buckets.delete(name)
    }
  }

  #whyNotKnock(source: Host): string | undefined {
    const { limits } = this.#options
    if (this.#pending.size >= limits.pendingMax) return 'pending'
    if (this.#ports.isMemberHost(source.host)) return undefined
    let pending = 0
    for (const host of this.#pending.values()) if (host === source.host) pending += 1
    if (pending >= limits.pendingPerHostMax) return 'pending-host'
    if (!this.#draw(source)) return 'rate'
    return this.#ports.isHostBanned(source.host) ? 'banned-host' : undefined
  }

  #draw(source: Host): boolean {
    const { limits } = this.#options
    const nowMs = this.#ports.now()
    const burst = limits.handshakeBurstPerHost
    const perHost = bucketOf(this.#hostBuckets, source.host, () => {
      return new TokenBucket(burst, burst * limits.handshakePeriodPerHostMs, nowMs)
    })
    const perSubnet = bucketOf(this.#subnetBuckets, source.subnet, () => {
      return new TokenBucket(limits.handshakesPerSubnetPerSecond, 1_000, nowMs)
    })
    return (
      perHost !== undefined &&
      perSubnet !== undefined &&
      perHost.tryTake(1, nowMs) &&
      perSubnet.tryTake(1, nowMs)
    )
  }

  #whyNotObserve(key: PeerKey, host: string): string | undefined {
    if (this.#ports.isBanned(key)) return 'banned'
    let observers = 0
    let sameHost = 0
    for (const admitted of this.#admitted.values()) {
      if (admitted.key === key || this.#ports.isMember(admitted.key)) continue
      observers += 1
      if (admitted.host === host) sameHost += 1
    }
    if (observers >= this.#options.observersMax) return 'observers'
    return sameHost >= this.#options.limits.observersPerHostMax ? 'observers-host' : undefined
  }

  #refuse(reason: string): true {
    this.#ports.refused(reason)
    return true
  }
}

function bucketOf(
  buckets: Map<string, TokenBucket>,
  name: string,
  create: () => TokenBucket
): TokenBucket | undefined {
  const known = buckets.get(name)
  if (known !== undefined) return known
  // So many hosts at once are an attack; whoever is not yet known has to wait it out.
  if (buckets.size >= TRACKED_HOSTS_MAX) return undefined
  const fresh = create()
  buckets.set(name, fresh)
  return fresh
}
