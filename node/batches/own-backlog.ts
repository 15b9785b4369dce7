/**
 * The backlog: this node's own batches that no final block holds yet.
 *
 * Consensus has a bounded room for batches that wait, with a share for each
 * author, and leaves what is beyond it to the author. So the author remembers
 * them here and offers them again whenever blocks have made room: while the
 * ledger is paused that can be all that was accepted.
 *
 * @module
 */

import type { BatchId, HeldBatch } from '../../protocol/index.ts'

/**
 * Batches kept in mind: more than transactions are ever taken in without being final. What were
 * beyond would still be on the disk, and offered at the next start.
 */
const BACKLOG_MAX = 32_768
/** Batches offered again after one block: as many as one can hold. */
const OFFERED_MAX = 512

/** Remembers own batches until they are final. */
export class OwnBacklog {
  readonly #waiting = new Map<BatchId, HeldBatch>()

  /** Batches that wait. */
  get size(): number {
    return this.#waiting.size
  }

  /** A batch of this node's own is durable. */
  add(batch: HeldBatch): void {
    if (this.#waiting.size < BACKLOG_MAX) this.#waiting.set(batch.id, batch)
  }

  /** Batches have come into final blocks. */
  settle(ids: Iterable<BatchId>): void {
    for (const id of ids) this.#waiting.delete(id)
  }

  /** Forgets all: they are told anew, with the places of another electorate. */
  clear(): void {
    this.#waiting.clear()
  }

  /**
   * The eldest that consensus does not hold.
   *
   * @param heldCount - how many of this node's own consensus holds: mostly all, which saves the search
   */
  unheld(isHeld: (id: BatchId) => boolean, heldCount: number): readonly HeldBatch[] {
    const unheld: HeldBatch[] = []
    if (heldCount >= this.#waiting.size) return unheld
    for (const batch of this.#waiting.values()) {
      if (!isHeld(batch.id)) unheld.push(batch)
      if (unheld.length >= OFFERED_MAX) break
    }
    return unheld
  }
}
