/**
 * Snapshot providers: the peers that offer one snapshot, and how each of them has served so far.
 *
 * Who fails is left alone for a while, longer each time; who fails too often, has no more of it or
 * sends something else is no provider of this snapshot any longer.
 *
 * @module
 */

const FAILURES_MAX = 4
const PAUSE_MS = 250
/** Providers of one snapshot at once. */
const PROVIDERS_MAX = 16

interface Provider {
  failures: number
  notBeforeMs: number
  inFlight: number
}

/** Keeps an account of providers. */
export class SnapshotProviders {
  readonly #inFlightMax: number
  readonly #providers = new Map<string, Provider>()
  /** Who was found wanting is not taken on again for this snapshot. */
  readonly #dropped = new Set<string>()

  constructor(options: { readonly inFlightMax: number }) {
    this.#inFlightMax = options.inFlightMax
  }

  /** How many there are. */
  get count(): number {
    return this.#providers.size
  }

  /** Takes peers on that offer the snapshot. */
  add(peers: Iterable<string>): void {
    for (const peer of peers) {
      if (this.#providers.size >= PROVIDERS_MAX) return
      if (this.#dropped.has(peer) || this.#providers.has(peer)) continue
      this.#providers.set(peer, { failures: 0, notBeforeMs: 0, inFlight: 0 })
    }
  }

  /** Who may be asked once more now: the one with the least to do. */
  next(nowMs: number): string | undefined {
    let best: [string, Provider] | undefined
    for (const entry of this.#providers) {
      const [, { inFlight, notBeforeMs }] = entry
      if (inFlight >= this.#inFlightMax || notBeforeMs > nowMs) continue
      if (best === undefined || inFlight < best[1].inFlight) best = entry
    }
    return best?.[0]
  }

  /** A question to a peer is under way. */
  asked(peer: string): void {
    const provider = this.#providers.get(peer)
    if (provider !== undefined) provider.inFlight += 1
  }

  /** The question has come to its end. */
  answered(peer: string, how: 'well' | 'not', nowMs: number): void {
    const provider = this.#providers.get(peer)
    if (provider === undefined) return
    provider.inFlight -= 1
    if (how === 'well') provider.failures = 0
    else {
      provider.failures += 1
      provider.notBeforeMs = nowMs + PAUSE_MS * 2 ** provider.failures
      // Gone for now, and not held against it: it may offer the snapshot again.
      if (provider.failures >= FAILURES_MAX) this.#providers.delete(peer)
    }
  }

  /** Does without a peer for this snapshot. */
  drop(peer: string): void {
    this.#providers.delete(peer)
    this.#dropped.add(peer)
  }
}
