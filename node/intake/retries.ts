/**
 * Retries: what had to wait although it is in order, and when each of it is tried again.
 *
 * No more can be here than the transaction book has open.
 *
 * @module
 */

import type { Clock } from '../clock.ts'
import { type BookEntry, bySequence } from './transaction-book.ts'

/** First pause before a transaction is batched again; doubled each time. */
const PAUSE_MS = 250
const PAUSE_MAX_MS = 8_000

/** Keeps what is to be tried again. */
export class Retries {
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #dueMs = new Map<BookEntry, number>()

  constructor(clock: Pick<Clock, 'nowMs'>) {
    this.#clock = clock
  }

  /** How many wait. */
  get size(): number {
    return this.#dueMs.size
  }

  /** How many of them a test picks. */
  countOf(isMeant: (entry: BookEntry) => boolean): number {
    let count = 0
    for (const entry of this.#dueMs.keys()) if (isMeant(entry)) count++
    return count
  }

  /** Has one tried again, each time after a longer pause. */
  add(entry: BookEntry): void {
    const pauseMs = Math.min(PAUSE_MS * 2 ** entry.retries, PAUSE_MAX_MS)
    entry.retries++
    this.#dueMs.set(entry, this.#clock.nowMs() + pauseMs)
  }

  /**
   * Takes out what is due, and what was taken in before a time; messages of one device in their order.
   * What became final meanwhile needs no other try.
   */
  takeDue(takenBeforeMs: number): BookEntry[] {
    const nowMs = this.#clock.nowMs()
    const due = [...this.#dueMs]
      .filter(([entry, dueMs]) => dueMs <= nowMs || entry.takenAtMs < takenBeforeMs)
      .sort(bySequence)
      .map(([entry]) => entry)
    for (const entry of due) this.#dueMs.delete(entry)
    return due.filter(({ status }) => status.stage !== 'final')
  }
}
