/**
 * Patience: how long what was taken in may wait, by a clock that stands while the ledger does.
 *
 * What waits for its turn or its quota waits for blocks. While none are made it
 * loses nothing: what was accepted before a pause is ordered after it, however
 * long the pause was.
 *
 * @module
 */

/** How long a transaction may wait for its turn or its quota, while the ledger goes on. */
const WAIT_MAX_MS = 60_000

/** The clock of those who wait. */
export class Patience {
  #lookedAtMs: number
  #passedMs = 0

  constructor(nowMs: number) {
    this.#lookedAtMs = nowMs
  }

  /** What the clock shows. */
  get nowMs(): number {
    return this.#passedMs
  }

  /** Time has passed since the last look, with the ledger going on or not. */
  look(nowMs: number, isOrdering: boolean): void {
    if (isOrdering) this.#passedMs += nowMs - this.#lookedAtMs
    this.#lookedAtMs = nowMs
  }

  /** What was taken in before this moment of the clock has waited long enough. */
  get endsBeforeMs(): number {
    return this.#passedMs - WAIT_MAX_MS
  }
}
