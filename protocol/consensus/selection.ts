/**
 * Selection: which batches a leader takes when not all fit.
 *
 * Governance and control have room reserved while they have demand; what they
 * leave flows down. Inside a priority the lanes of the authors take turns, so
 * that no author's flood takes more than its lane.
 *
 * @see SPEC.md §9.11 Proposing
 * @module
 */

import type { BatchId, MemberIndex, Priority } from '../types.ts'
import type { PendingBatch } from './core-state.ts'

/** What a block may hold. */
export interface SelectionLimits {
  readonly blockBytesMax: number
  /** Binding only where the block is more than half full; kept always, which is simpler and safe. */
  readonly laneBytesMax: number
  readonly batchesMax: number
}

/**
 * Most batches of one author in a block: so many can be asked for at once by those who lack them.
 *
 * Whoever gives each member other batches would else have leaders propose what nobody else holds.
 */
const AUTHOR_BATCHES_MAX = 64

const PRIORITIES: readonly Priority[] = [0, 1, 2]

/** The ids of the batches to propose, in the order in which they are executed. */
export function selectBatches(
  candidates: readonly PendingBatch[],
  limits: SelectionLimits
): BatchId[] {
  const selection = new Selection()
  for (const priority of PRIORITIES) {
    const queues = queuesOf(candidates.filter((batch) => batch.priority === priority))
    // One batch of each lane in turn, until nothing more fits.
    while (queues.size > 0) {
      for (const [author, queue] of queues) {
        const next = queue.shift()
        if (queue.length === 0) queues.delete(author)
        if (next === undefined) continue
        selection.take(next, limits)
      }
    }
  }
  return selection.chosen
}

class Selection {
  readonly chosen: BatchId[] = []
  readonly #laneBytes = new Map<MemberIndex, number>()
  readonly #laneCounts = new Map<MemberIndex, number>()
  #totalBytes = 0

  /** Takes a batch when it still fits. */
  take({ id, authorIndex, bytes }: PendingBatch, limits: SelectionLimits): void {
    const laneBytes = (this.#laneBytes.get(authorIndex) ?? 0) + bytes
    const totalBytes = this.#totalBytes + bytes
    if (totalBytes > limits.blockBytesMax || laneBytes > limits.laneBytesMax) return
    const laneCount = this.#laneCounts.get(authorIndex) ?? 0
    if (this.chosen.length >= limits.batchesMax || laneCount >= AUTHOR_BATCHES_MAX) return
    this.#laneCounts.set(authorIndex, laneCount + 1)
    this.chosen.push(id)
    this.#laneBytes.set(authorIndex, laneBytes)
    this.#totalBytes = totalBytes
  }
}

/** The candidates of each author, oldest first. */
function queuesOf(candidates: readonly PendingBatch[]): Map<MemberIndex, PendingBatch[]> {
  const queues = new Map<MemberIndex, PendingBatch[]>()
  for (const batch of [...candidates].sort((a, b) => a.heldAtMs - b.heldAtMs)) {
    const queue = queues.get(batch.authorIndex)
    if (queue === undefined) queues.set(batch.authorIndex, [batch])
    else queue.push(batch)
  }
  return queues
}
