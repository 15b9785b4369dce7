/**
 * Clocks: one that never goes back, for waits, and the wall's, for block times.
 *
 * @module
 */

import { performance } from 'node:perf_hooks'

/** The two clocks that a node reads; nothing else in the house reads any. */
export interface Clock {
  /** Milliseconds, monotonic, with a fraction. */
  readonly nowMs: () => number
  /** Milliseconds since 1970, whole. */
  readonly timeMs: () => number
}

/** The system's clocks. */
export const systemClock: Clock = {
  nowMs: () => performance.now(),
  timeMs: () => Date.now()
}
