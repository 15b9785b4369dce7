/**
 * Waiting for commits: whoever listens is told of each, and whoever waits looks again after each.
 *
 * @module
 */

import type { Clock } from '../clock.ts'

/** Tells of commits. */
export class CommitWaits {
  readonly #clock: Pick<Clock, 'later'>
  readonly #listeners = new Set<() => void>()

  constructor(clock: Pick<Clock, 'later'>) {
    this.#clock = clock
  }

  /** Tells everybody that a block is committed. */
  tell(): void {
    for (const listener of [...this.#listeners]) listener()
  }

  /** Calls back after each commit, until what is returned is called. */
  follow(listener: () => void): () => void {
    // an own function for each, so that one listener may be given twice
    const tell = (): void => listener()
    this.#listeners.add(tell)
    return () => void this.#listeners.delete(tell)
  }

  /**
   * Resolves with what is reached, as soon as it is; with undefined after the time.
   *
   * @param watch - tells of other occasions to look
   */
  wait<Value>(
    reached: () => Value | undefined,
    timeoutMs: number,
    watch?: (check: () => void) => () => void
  ): Promise<Value | undefined> {
    const now = reached()
    if (now !== undefined || timeoutMs <= 0) return Promise.resolve(now)
    return new Promise((resolve) => {
      const end = (value: Value | undefined): void => {
        cancel()
        unfollow()
        unwatch?.()
        resolve(value)
      }
      const check = (): void => {
        const value = reached()
        if (value !== undefined) end(value)
      }
      const cancel = this.#clock.later(timeoutMs, () => end(undefined))
      const unfollow = this.follow(check)
      const unwatch = watch?.(check)
    })
  }
}
