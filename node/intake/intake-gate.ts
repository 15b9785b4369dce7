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
 * Whoever waits is let in by a fair queue. Control and governance have room kept
 * free beyond that of telemetry, so an alarm never waits behind readings.
 *
 * @module
 */

import type { Priority } from '../../protocol/index.ts'
import type { Clock } from '../clock.ts'
import { FairQueue } from './fair-queue.ts'
import type { Share } from './share.ts'

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
/** By priority: how much of telemetry's room each may fill in all. */
const ROOM_OF: Readonly<Record<Priority, number>> = { 0: 1.2, 1: 1.15, 2: 1 }
const PRIORITIES: readonly Priority[] = [0, 1, 2]
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
  /** How much of it waits for its turn or its quota: it is bounded apart, and in nobody's way. */
  readonly pooledCount: () => number
  /** Whether enough members are present to order what is taken in. */
  readonly isOrdering: () => boolean
  readonly clock: Pick<Clock, 'nowMs' | 'later'>
}

/** Why one was not let in. */
export type GateFault = 'LEDGER_BUSY' | 'SHARE_FULL' | 'PAUSED_ROOM_FULL'
/** What becomes of one at the gate. */
export type Admission = 'admitted' | GateFault

/** Lets transactions in. */
export class IntakeGate {
  readonly #ports: IntakeGatePorts
  readonly #waiting = new FairQueue<(admission: Admission) => void>(WAITING_MAX)
  #admitted = 0
  #rate = 0
  #counted = 0
  #sinceMs: number

  constructor(ports: IntakeGatePorts) {
    this.#ports = ports
    this.#sinceMs = ports.clock.nowMs()
  }

  /** Says at once, or resolves with, what becomes of one that stands before the gate. */
  enter(share: Share): Promise<Admission> | 'admitted' {
    if (this.#hasRoom(share.priority)) {
      this.#admitted++
      this.#waiting.noteServed(share)
      return 'admitted'
    }
    // Nobody knows for how long the ledger is paused.
    if (!this.#ports.isOrdering()) return Promise.resolve('PAUSED_ROOM_FULL')
    return new Promise((resolve) => {
      const settle = (admission: Admission): void => {
        cancel()
        if (admission === 'admitted') this.#admitted++
        resolve(admission)
      }
      const place = { share, item: settle }
      const cancel = this.#ports.clock.later(WAIT_MAX_MS, () => {
        this.#waiting.remove(place)
        settle('LEDGER_BUSY')
      })
      this.#waiting.push(place)?.item('SHARE_FULL')
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
    for (const priority of PRIORITIES)
      while (this.#waiting.has(priority) && this.#hasRoom(priority))
        this.#waiting.shift(priority)?.item('admitted')
  }

  #hasRoom(priority: Priority): boolean {
    const { book, pooledCount, isOrdering } = this.#ports
    const room = ROOM_OF[priority]
    const count = book.openCount + this.#admitted
    if (!isOrdering()) return count < room * PAUSED_MAX && book.openBytes < room * PAUSED_BYTES_MAX
    const window = Math.min(Math.max(WINDOW_MIN, this.#rate * WINDOW_SECONDS), WINDOW_MAX)
    return count - pooledCount() < room * window
  }
}
