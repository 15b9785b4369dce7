/**
 * Clocks: one that never goes back, for waits, the wall's, for block times, and what runs later.
 *
 * Everything that decides anything about the ledger waits through a clock that it is handed, so
 * that the simulator can run the very same parts in virtual time.
 *
 * @module
 */

import { performance } from 'node:perf_hooks'

/** Takes back what was to run later; once it has run, nothing. */
export type Cancel = () => void

/** The clocks that a node reads and waits by. */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction. */
  readonly nowMs: () => number
  /** Milliseconds since 1970, whole. */
  readonly timeMs: () => number
  /** Runs something once, when a delay has passed; a process may end before. */
  readonly later: (delayMs: number, run: () => void) => Cancel
  /** Lets waiting work go first. */
  readonly pause: () => Promise<void>
}

/** The longest delay that the system's timers can count, in milliseconds. */
const DELAY_MAX_MS = 2_147_483_647

/** The system's clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  timeMs: () => Date.now(),
  later: (delayMs, run) => {
    const handle = setTimeout(run, Math.min(delayMs, DELAY_MAX_MS))
    handle.unref()
    return () => clearTimeout(handle)
  },
  pause: () => new Promise((resolve) => setImmediate(resolve))
}

/** Resolves when a delay has passed. */
export function sleep(clock: Pick<Clock, 'later'>, delayMs: number): Promise<void> {
  return new Promise((resolve) => void clock.later(delayMs, resolve))
}

/** Runs something again and again, with a pause before each time. */
export function repeat(clock: Pick<Clock, 'later'>, pauseMs: number, run: () => void): Cancel {
  let cancel: Cancel = () => undefined
  const next = (): void => {
    cancel = clock.later(pauseMs, () => {
      next()
      run()
    })
  }
  next()
  return () => cancel()
}
