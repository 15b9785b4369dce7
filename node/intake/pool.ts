/**
 * The pool: what was taken in and may not be batched yet.
 *
 * 64 messages of one device, 8 owner's acts about one, 2,000 in all. When it is full, the share
 * that has most waiting for its weight makes room for the others.
 *
 * @module
 */

import type { Clock } from '../clock.ts'
import { DeviceLanes, type PoolShare } from './device-lanes.ts'
import { Retries } from './retries.ts'
import type { BookEntry } from './transaction-book.ts'

/** Transactions that wait in all. */
const POOL_MAX = 2_000
/** Acts of owners and controllers about one device. */
const OWNER_ACTS_MAX = 8

/** Why there is no place for one. */
export type PoolFault = 'DEVICE_POOL_FULL' | 'OWNER_POOL_FULL' | 'SHARE_FULL' | 'POOL_FULL'

/** Keeps what waits. */
export class Pool {
  readonly lanes: DeviceLanes<BookEntry> = new DeviceLanes<BookEntry>()
  readonly retries: Retries
  readonly #onDropped: (entry: BookEntry, code: PoolFault) => void

  constructor(clock: Pick<Clock, 'nowMs'>, onDropped: (entry: BookEntry, code: PoolFault) => void) {
    this.retries = new Retries(clock)
    this.#onDropped = onDropped
  }

  /** How many wait. */
  get size(): number {
    return this.lanes.aheadCount + this.retries.size
  }

  /** Whether no more may wait. */
  get isFull(): boolean {
    return this.size >= POOL_MAX
  }

  /** Keeps one until its turn or its quota; the code says why it cannot be kept. */
  keep(entry: BookEntry, share: PoolShare): PoolFault | undefined {
    const { body } = entry.transaction
    if (body.kind !== 'device-message') return this.#keepAct(entry)
    if (this.lanes.heldAt(body) !== undefined) return 'DEVICE_POOL_FULL'
    if (this.isFull) {
      const last = this.lanes.yieldTo(share)
      if (last === undefined) return 'SHARE_FULL'
      this.#onDropped(last, 'SHARE_FULL')
    }
    return this.lanes.hold(body, entry, share) ? undefined : 'DEVICE_POOL_FULL'
  }

  #keepAct(entry: BookEntry): PoolFault | undefined {
    const { body } = entry.transaction
    if ('deviceId' in body) {
      const { deviceId } = body
      const isAboutIt = ({ transaction: { body: other } }: BookEntry): boolean =>
        other.kind !== 'device-message' &&
        'deviceId' in other &&
        Buffer.compare(other.deviceId, deviceId) === 0
      if (this.retries.countOf(isAboutIt) >= OWNER_ACTS_MAX) return 'OWNER_POOL_FULL'
    }
    if (this.isFull) return 'POOL_FULL'
    this.retries.add(entry)
    return undefined
  }
}
