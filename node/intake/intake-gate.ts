/**
 * The gate of the intake: how much this node takes in that is not final yet.
 *
 * What is unfinalised is bounded by time, not by number: as many transactions as
 * became final in about the last second may be under way. So under overload the
 * ledger stays as quick as it can be, and whoever sends too much is made to wait.
 *
 * While nothing is ordered at all, time bounds nothing: then a fixed room is
 * filled, and who comes after is told at once.
 *
 * @module
 */

import type { Clock } from '../clock.ts'

/** Transactions that may always be under way, however slow the ledger is. */
const WINDOW_MIN = 512
const WINDOW_MAX = 16_384
/** Seconds' worth of final transactions that may be under way. */
const WINDOW_SECONDS = 1
/** How long a transaction waits at the gate before it is told to come again. */
const WAIT_MAX_MS = 1_500
/** Most that wait at the gate. */
const WAITING_MAX = 4_096
const SECOND_MS = 1_000
/**
 * What is taken in while too few members are present to order it: four and a half hours of a
 * reading a second. All of it is kept in memory, so its bytes are counted too.
 */
const PAUSED_MAX = 16_384
const PAUSED_BYTES_MAX = 32 * 1024 * 1024

/** What the gate looks at. */
export interface IntakeGatePorts {
  /** What is under way, and its bytes. */
  readonly book: { readonly openCount: number; readonly openBytes: number }
  /** Whether enough members are present to order what is taken in. */
  readonly isOrdering: () => boolean
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
}

/** Lets transactions in. */
export class IntakeGate {
  readonly #ports: IntakeGatePorts
  #waiting: ((isAdmitted: boolean) => void)[] = []
  #admitted = 0
  #rate = 0
  #counted = 0
  #sinceMs: number

  constructor(ports: IntakeGatePorts) {
    this.#ports = ports
    this.#sinceMs = ports.clock.nowMs()
  }

  /** Resolves with true when a transaction may come in, with false when there is no room for long. */
  enter(): Promise<boolean> | true {
    if (this.#hasRoom()) {
      this.#admitted++
      return true
    }
    // Nobody knows for how long the ledger is paused.
    if (!this.#ports.isOrdering()) return Promise.resolve(false)
    if (this.#waiting.length >= WAITING_MAX) return Promise.resolve(false)
    return new Promise((resolve) => {
      const settle = (isAdmitted: boolean): void => {
        cancel()
        if (isAdmitted) this.#admitted++
        resolve(isAdmitted)
      }
      const cancel = this.#ports.clock.later(WAIT_MAX_MS, () => {
        this.#waiting = this.#waiting.filter((one) => one !== settle)
        settle(false)
      })
      this.#waiting.push(settle)
    })
  }

  /** One that was let in has been entered in the book, or refused: from now on the book counts it. */
  leave(): void {
    this.#admitted--
    this.#letIn()
  }

  /** Looks again: members that come or go change how much room there is. */
  look(): void {
    this.#letIn()
  }

  /** So many of this node's own transactions have just become final. */
  finalised(count: number): void {
    this.#counted += count
    const elapsedMs = this.#ports.clock.nowMs() - this.#sinceMs
    if (elapsedMs >= SECOND_MS) {
      const rate = (this.#counted * SECOND_MS) / elapsedMs
      // Quick to grow, slow to shrink: one slow second does not shut the gate.
      this.#rate = rate > this.#rate ? rate : (3 * this.#rate + rate) / 4
      this.#counted = 0
      this.#sinceMs = this.#ports.clock.nowMs()
    }
    this.#letIn()
  }

  #letIn(): void {
    while (this.#waiting.length > 0 && this.#hasRoom()) this.#waiting.shift()?.(true)
  }

  #hasRoom(): boolean {
    const { book, isOrdering } = this.#ports
    const count = book.openCount + this.#admitted
    if (!isOrdering()) return count < PAUSED_MAX && book.openBytes < PAUSED_BYTES_MAX
    const window = Math.min(Math.max(WINDOW_MIN, this.#rate * WINDOW_SECONDS), WINDOW_MAX)
    return count < window
  }
}
