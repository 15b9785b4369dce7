/**
 * Places for listeners: so many at once, and so many of one address.
 *
 * @module
 */

/** How many listeners there may be. */
export interface StreamLimits {
  readonly streamsMax: number
  readonly streamsPerAddressMax: number
}

/** What a node bears unless told otherwise; a quarter of a megabyte of queue each. */
export const STREAM_LIMITS: StreamLimits = { streamsMax: 256, streamsPerAddressMax: 16 }

/** The listeners of now. */
export class StreamPlaces {
  readonly #limits: StreamLimits
  readonly #endings = new Map<() => void, string>()
  #isEnded = false

  constructor(limits: StreamLimits) {
    this.#limits = limits
  }

  /** How many listen. */
  get count(): number {
    return this.#endings.size
  }

  /**
   * Takes a place.
   *
   * @param end - closes the listener's connection when the node stops
   * @returns gives the place back; undefined when there is none
   */
  take(address: string, end: () => void): (() => void) | undefined {
    if (this.#isEnded || this.#endings.size >= this.#limits.streamsMax) return undefined
    let own = 0
    for (const other of this.#endings.values()) if (other === address) own++
    if (own >= this.#limits.streamsPerAddressMax) return undefined
    this.#endings.set(end, address)
    return () => void this.#endings.delete(end)
  }

  /** Closes all listeners, present and to come. */
  end(): void {
    this.#isEnded = true
    for (const end of [...this.#endings.keys()]) end()
  }
}
