/**
 * Peer patience: whom catching up does without for a while, because it claimed much and gave nothing.
 *
 * An honest peer may be slow or have pruned what is asked for, so nobody is done without for ever,
 * and the wait grows only while nothing good comes.
 *
 * @see SPEC.md §11 Synchronisation
 * @module
 */

/** Peers remembered; the one that was disappointing longest ago is forgotten first. */
const PEERS_MAX = 256
const WAIT_MS = 2_000
const WAIT_MAX_MS = 60_000

interface Disappointment {
  readonly times: number
  readonly untilMs: number
}

/** Remembers disappointments and claims. */
export class PeerPatience {
  readonly #nowMs: () => number
  readonly #disappointments = new Map<string, Disappointment>()
  readonly #claims = new Map<string, number>()

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** Whether a peer may be followed now. */
  isOpen(peer: string): boolean {
    return (this.#disappointments.get(peer)?.untilMs ?? 0) <= this.#nowMs()
  }

  /** Hears what a peer claims: final heights never fall, so who takes one back is not followed. */
  claimed(peer: string, height: number): void {
    const before = this.#claims.get(peer) ?? 0
    remember(this.#claims, peer, height)
    if (height < before) this.disappointed(peer)
  }

  /** A peer did not deliver what it claimed. */
  disappointed(peer: string): void {
    const times = (this.#disappointments.get(peer)?.times ?? 0) + 1
    const waitMs = Math.min(WAIT_MAX_MS, WAIT_MS * 2 ** (times - 1))
    remember(this.#disappointments, peer, { times, untilMs: this.#nowMs() + waitMs })
  }

  /** A peer delivered. */
  satisfied(peer: string): void {
    this.#disappointments.delete(peer)
  }
}

function remember<Value>(map: Map<string, Value>, peer: string, value: Value): void {
  map.delete(peer)
  map.set(peer, value)
  for (const [eldest] of map) {
    if (map.size <= PEERS_MAX) return
    map.delete(eldest)
  }
}
