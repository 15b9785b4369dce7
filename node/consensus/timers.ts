/**
 * Timers: set, cancel, report. One of each name and view.
 *
 * @module
 */

import type { News, TimerName, View } from '../../protocol/index.ts'
import type { Cancel, Clock } from '../clock.ts'

/** What timers need from others. */
export interface TimersPorts {
  readonly clock: Pick<Clock, 'later'>
  readonly post: (news: News) => void
}

/** The core's timers on the node's clock. */
export class Timers {
  readonly #running = new Map<string, Cancel>()
  readonly #ports: TimersPorts

  constructor(ports: TimersPorts) {
    this.#ports = ports
  }

  /** Sets a timer; one of the same name and view is replaced. */
  set(timer: TimerName, view: View, delayMs: number): void {
    const name = `${timer}/${view}`
    this.#running.get(name)?.()
    const cancel = this.#ports.clock.later(delayMs, () => {
      this.#running.delete(name)
      this.#ports.post({ kind: 'timer-fired', timer, view })
    })
    this.#running.set(name, cancel)
  }

  /** Cancels a timer that may be running. */
  cancel(timer: TimerName, view: View): void {
    const name = `${timer}/${view}`
    this.#running.get(name)?.()
    this.#running.delete(name)
  }

  /** Cancels all. */
  stop(): void {
    for (const cancel of this.#running.values()) cancel()
    this.#running.clear()
  }
}
