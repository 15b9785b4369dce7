/**
 * The session's height: what a client has seen anywhere it sees everywhere.
 *
 * Each request names the highest block that any node spoke of, and a node that is not
 * there yet waits or says so. Heights are the nodes' word: one that names a height
 * which nobody else reaches is not listened to any more, so no liar can stop a session.
 *
 * @module
 */

/** Nodes whose heights are remembered. */
const NODES_MAX = 64

/** The highest block that this session has seen. */
export class SessionHeight {
  readonly #heights = new Map<string, number>()
  readonly #distrusted = new Set<string>()

  /** What to name in a request; 0 before anything was seen. */
  get token(): number {
    return Math.max(0, ...this.#heights.values())
  }

  /** A node answered from this height. */
  heard(url: string, height: number): void {
    if (!Number.isSafeInteger(height) || height < 0 || this.#distrusted.has(url)) return
    const known = this.#heights.get(url)
    if (known === undefined && this.#heights.size >= NODES_MAX) return
    this.#heights.set(url, Math.max(known ?? 0, height))
  }

  /**
   * No node reaches the token: whoever named it is not listened to any more.
   *
   * @returns whether a lower token is left to try, one that several nodes or another one named
   */
  doubt(): boolean {
    const { token } = this
    if (token === 0) return false
    for (const [url, height] of this.#heights)
      if (height === token) {
        this.#heights.delete(url)
        if (this.#distrusted.size < NODES_MAX) this.#distrusted.add(url)
      }
    return true
  }
}
