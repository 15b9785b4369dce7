/**
 * The watchdog: measures how long the event loop is held up. It reports; it never kills.
 *
 * @module
 */

import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Longest that the loop should be held up, in milliseconds. */
const LOOP_DELAY_MAX_MS = 20
const RESOLUTION_MS = 10
const WINDOW_MS = 10_000

/** What the watchdog has seen in its last window. */
export interface LoopDelay {
  readonly p99Ms: number
  readonly maxMs: number
}

/** Starts watching; the answer tells of the last window, and stops it. */
export function watchEventLoop(onSlow: (delay: LoopDelay) => void): {
  readonly last: () => LoopDelay
  readonly stop: () => void
} {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  histogram.enable()
  let last: LoopDelay = { p99Ms: 0, maxMs: 0 }
  const timer = setInterval(() => {
    last = {
      p99Ms: Math.max(0, histogram.percentile(99) / 1e6 - RESOLUTION_MS),
      maxMs: Math.max(0, histogram.max / 1e6 - RESOLUTION_MS)
    }
    histogram.reset()
    if (last.p99Ms > LOOP_DELAY_MAX_MS) onSlow(last)
  }, WINDOW_MS)
  timer.unref()
  return {
    last: () => last,
    stop: () => {
      clearInterval(timer)
      histogram.disable()
    }
  }
}
