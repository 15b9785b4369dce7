/**
 * TokenBucket: so much at once, so much per time.
 *
 * A taker may overdraw once: the size of an answer is known only when it has
 * been made. Whoever owes waits.
 *
 * @module
 */

/** One account that refills evenly. */
export class TokenBucket {
  readonly #capacity: number
  readonly #perMs: number
  #tokens: number
  #atMs: number

  /**
   * @param capacity - tokens when full
   * @param windowMs - time in which an empty account fills
   * @param nowMs    - the present
   */
  constructor(capacity: number, windowMs: number, nowMs: number) {
    this.#capacity = capacity
    this.#perMs = capacity / windowMs
    this.#tokens = capacity
    this.#atMs = nowMs
  }

  /** Takes the tokens, into debt if need be. */
  take(tokens: number, nowMs: number): void {
    this.#refill(nowMs)
    this.#tokens -= tokens
  }

  /** Takes the tokens if they are all there. */
  tryTake(tokens: number, nowMs: number): boolean {
    this.#refill(nowMs)
    if (this.#tokens < tokens) return false
    this.#tokens -= tokens
    return true
  }

  /** How long until at least one token is there. */
  waitMs(nowMs: number): number {
    this.#refill(nowMs)
    return this.#tokens >= 1 ? 0 : Math.ceil((1 - this.#tokens) / this.#perMs)
  }

  /** Whether nobody has drawn on it lately, so that a fresh one would be the same. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs)
    return this.#tokens >= this.#capacity
  }

  #refill(nowMs: number): void {
    const tokens = this.#tokens + Math.max(0, nowMs - this.#atMs) * this.#perMs
    this.#tokens = Math.min(this.#capacity, tokens)
    this.#atMs = nowMs
  }
}
