/**
 * Turns: calls that are carried out one after the other, a bounded number of them waiting.
 *
 * @module
 */

import { ClientError } from './errors.ts'

/** Carries out tasks in the order in which they came; a failed one holds up none. */
export class Turns {
  readonly #waitingMax: number
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  /** Runs a task when its turn comes; rejects at once when too many wait already. */
  take<T>(task: () => Promise<T>): Promise<T> {
    if (this.#waiting >= this.#waitingMax)
      return Promise.reject(
        new ClientError('too many calls wait for the storage', { code: 'DEVICE_BUSY' })
      )
    this.#waiting++
    const turn = this.#tail.then(() => {
      this.#waiting--
      return task()
    })
    // The caller sees the failure; the next call only waits for the end.
    this.#tail = turn.catch(() => undefined)
    return turn
  }
}
