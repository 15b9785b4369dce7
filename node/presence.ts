/**
 * Presence: which members are within this node's reach, and when each was last heard.
 *
 * It knows what this node itself has seen and nothing else: of a member that was
 * not heard since the start it says so. A link that breaks was alive until then,
 * as far as its pings tell; only where the member had just spoken is that the
 * better time.
 *
 * @module
 */

import { type Electorate, toHex } from '../protocol/index.ts'

/** Pings prove a link alive within so long; a message that is older says less than they do. */
const LINK_PROVED_MS = 30_000

/** What presence needs from others. */
export interface PresencePorts {
  readonly electorate: () => Electorate
  /** Key of this node: it is always within its own reach. */
  readonly self: string
  readonly timeMs: () => number
}

/** Who is there. Keys of peers are lower-case hex, a member's is its id. */
export class Presence {
  readonly #ports: PresencePorts
  /** Seated members alone: no stranger can make it grow. */
  readonly #heardAtMs = new Map<string, number>()
  /** As many as the network lets be connected. */
  readonly #connected = new Set<string>()
  #reachableWeight: number | undefined

  constructor(ports: PresencePorts) {
    this.#ports = ports
  }

  /** Whether the members within reach could go on by themselves. */
  get hasQuorum(): boolean {
    this.#reachableWeight ??= this.#weigh()
    return this.#reachableWeight >= this.#ports.electorate().quorumWeight
  }

  /** A peer said something. */
  heard(peer: string): void {
    if (this.#ports.electorate().indexOf.has(peer)) this.#heardAtMs.set(peer, this.#ports.timeMs())
  }

  /** A peer has come or gone. */
  changed(peer: string, isConnected: boolean): void {
    this.#reachableWeight = undefined
    if (isConnected) {
      this.#connected.add(peer)
      this.heard(peer)
      return
    }
    this.#connected.delete(peer)
    const spokeAtMs = this.#heardAtMs.get(peer) ?? 0
    if (this.#ports.timeMs() - spokeAtMs > LINK_PROVED_MS) this.heard(peer)
  }

  /** Others sit at the table now. */
  electorateChanged(): void {
    this.#reachableWeight = undefined
    const { indexOf } = this.#ports.electorate()
    for (const peer of this.#heardAtMs.keys()) if (!indexOf.has(peer)) this.#heardAtMs.delete(peer)
    for (const peer of this.#connected) if (!this.#heardAtMs.has(peer)) this.heard(peer)
  }

  /** When a member was last heard, by the local clock; null for not since this node started. */
  lastHeardAtMs(memberId: Uint8Array): number | null {
    return this.#heardAtMs.get(toHex(memberId)) ?? null
  }

  #weigh(): number {
    const { electorate, self } = this.#ports
    let sum = 0
    for (const { memberId, weight } of electorate().seats) {
      const name = toHex(memberId)
      if (name === self || this.#connected.has(name)) sum += weight
    }
    return sum
  }
}
