/**
 * A node's clock in the simulated world: it drifts, it is off, and it may be set.
 *
 * @module
 */

import type { Clock } from '../../../node/clock.ts'
import type { Agenda } from './agenda.ts'

/** Wall time at virtual time zero: 1 January 2026, UTC. */
export const START_TIME_MS = 1_767_225_600_000
/**
 * No timer of the system is shorter. What waits for the rest of a delay would, after the fractions
 * are rounded, else wait for nothing again and again, at one and the same virtual time.
 */
const SHORTEST_DELAY_MS = 1

/** How a clock differs from true time. */
export interface ClockError {
  /** How far the wall clock is off at the start. */
  offsetMs: number
  /** How much faster than true time both clocks run, in millionths. */
  readonly driftPpm: number
}

/** What a clock stands on. */
export interface VirtualTime {
  readonly nowMs: () => number
  readonly agenda: Agenda
}

/**
 * Makes the clock of one process.
 *
 * @param isAlive - once this is false, nothing that waits by the clock happens any more
 */
export function createVirtualClock(
  time: VirtualTime,
  error: ClockError,
  isAlive: () => boolean
): Clock {
  const rate = 1 + error.driftPpm / 1_000_000
  return {
    nowMs: () => time.nowMs() * rate,
    timeMs: () => Math.floor(START_TIME_MS + time.nowMs() * rate + error.offsetMs),
    later: (delayMs, run) => {
      const atMs = time.nowMs() + Math.max(SHORTEST_DELAY_MS, delayMs) / rate
      const entry = time.agenda.enter(atMs, () => {
        if (isAlive()) run()
      })
      return () => {
        entry.isCancelled = true
      }
    },
    pause: () => Promise.resolve()
  }
}
