/**
 * Timers: set, cancel, report. One of each name and view.
 *
 * @module
 */

import type { News, TimerName, View } from '../../protocol/index.ts'

/** The longest that the system's timers wait: beyond it they would fire at once. */
const DELAY_MAX_MS = 2_147_483_647

/** The core's timers on the system's clock. */
export class Timers {
  readonly #running = new Map<string, NodeJS.Timeout>()
  readonly #post: (news: News) => void

  constructor(post: (news: News) => void) {
    this.#post = post
  }

  /** Sets a timer; one of the same name and view is replaced. A block of the far future is held no longer than the clock can. */
  set(timer: TimerName, view: View, delayMs: number): void {
    const name = `${timer}/${view}`
    clearTimeout(this.#running.get(name))
    const handle = setTimeout(
      () => {
        this.#running.delete(name)
        this.#post({ kind: 'timer-fired', timer, view })
      },
      Math.min(delayMs, DELAY_MAX_MS)
    )
    handle.unref()
    this.#running.set(name, handle)
  }

  /** Cancels a timer that may be running. */
  cancel(timer: TimerName, view: View): void {
    const name = `${timer}/${view}`
    clearTimeout(this.#running.get(name))
    this.#running.delete(name)
  }

  /** Cancels all. */
  stop(): void {
    for (const handle of this.#running.values()) clearTimeout(handle)
    this.#running.clear()
  }
}
