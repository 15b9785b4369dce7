/**
 * Selection: which batches a leader takes when not all fit.
 *
 * Governance and control have a part of the block reserved while they have demand; what they leave
 * flows down, and what nobody else asks for flows back up. Inside a priority the lanes of the
 * authors are taken by deficit round robin, byte for byte, beginning with another one in each view.
 * Inside a lane the order of its author is kept, so that no device's chain is torn.
 *
 * @see SPEC.md §9.11 Proposing
 * @module
 */

import type { BatchId, MemberIndex, Priority, View } from '../types.ts'
import type { PendingBatch } from './core-state.ts'

/** What a block may hold, and in which view it is proposed. */
export interface SelectionLimits {
  readonly blockBytesMax: number
  /** Binding only where the block is more than half full; kept always, which is simpler and safe. */
  readonly laneBytesMax: number
  readonly batchesMax: number
  readonly view: View
}

/** By priority: the part of a block's bytes and batches that is kept for it. */
const RESERVED: Readonly<Record<Priority, number>> = { 0: 0.05, 1: 0.25, 2: 1 }
const PRIORITIES: readonly Priority[] = [0, 1, 2]
/** What a lane may take in one round: a dozen readings. */
const QUANTUM_BYTES = 4_096
/**
 * Most batches of one author in a block: so many can be asked for at once by those who lack them.
 *
 * Whoever gives each member other batches would else have leaders propose what nobody else holds.
 */
const AUTHOR_BATCHES_MAX = 64

/** The ids of the batches to propose, in the order in which they are executed. */
export function selectBatches(
  candidates: readonly PendingBatch[],
  limits: SelectionLimits
): BatchId[] {
  const inTime = [...candidates].sort((a, b) => a.heldAtMs - b.heldAtMs)
  const filling = new Filling(inTime, limits)
  let carried = 0
  for (const priority of PRIORITIES) {
    const part = RESERVED[priority] + carried
    carried = Math.max(0, part - filling.fill(priority, part))
  }
  // Room that readings did not want.
  for (const priority of PRIORITIES) filling.fill(priority, 1)
  return filling.chosen
}

interface Lane {
  readonly author: MemberIndex
  readonly batches: PendingBatch[]
  /** How many of them are taken. */
  next: number
  deficit: number
}

class Filling {
  readonly #limits: SelectionLimits
  readonly #lanes: Readonly<Record<Priority, Lane[]>>
  readonly #chosen: Readonly<Record<Priority, BatchId[]>> = { 0: [], 1: [], 2: [] }
  readonly #ofAuthor = new Map<MemberIndex, { bytes: number; count: number }>()
  #bytes = 0
  #count = 0

  constructor(candidates: Iterable<PendingBatch>, limits: SelectionLimits) {
    this.#limits = limits
    this.#lanes = lanesOf(candidates, limits.view)
  }

  get chosen(): BatchId[] {
    return PRIORITIES.flatMap((priority) => this.#chosen[priority])
  }

  /**
   * Takes batches of a priority until they fill a part of the block; the last may go beyond it, or
   * one that is larger than the part would never be taken.
   *
   * @returns the part of the block that was filled
   */
  fill(priority: Priority, part: number): number {
    const { blockBytesMax, batchesMax } = this.#limits
    const [bytesBefore, countBefore] = [this.#bytes, this.#count]
    const filled = (): number =>
      Math.max(
        (this.#bytes - bytesBefore) / blockBytesMax,
        (this.#count - countBefore) / batchesMax
      )
    let lanes = this.#lanes[priority]
    while (lanes.length > 0 && filled() < part)
      lanes = lanes.filter((lane) => {
        lane.deficit += QUANTUM_BYTES
        while (filled() < part) {
          const batch = lane.batches[lane.next]
          if (batch === undefined || !this.#fits(batch)) return false
          if (batch.bytes > lane.deficit) return true
          this.#take(lane, batch)
        }
        return true
      })
    return filled()
  }

  #fits({ authorIndex, bytes }: PendingBatch): boolean {
    const { blockBytesMax, laneBytesMax, batchesMax } = this.#limits
    const own = this.#ofAuthor.get(authorIndex) ?? { bytes: 0, count: 0 }
    return (
      this.#bytes + bytes <= blockBytesMax &&
      own.bytes + bytes <= laneBytesMax &&
      this.#count < batchesMax &&
      own.count < AUTHOR_BATCHES_MAX
    )
  }

  #take(lane: Lane, { id, authorIndex, bytes, priority }: PendingBatch): void {
    lane.next++
    lane.deficit -= bytes
    const own = this.#ofAuthor.get(authorIndex) ?? { bytes: 0, count: 0 }
    this.#ofAuthor.set(authorIndex, { bytes: own.bytes + bytes, count: own.count + 1 })
    this.#chosen[priority].push(id)
    this.#bytes += bytes
    this.#count++
  }
}

/** The lanes by priority; in each view another author's comes first. */
function lanesOf(candidates: Iterable<PendingBatch>, view: View): Record<Priority, Lane[]> {
  const lanes: Record<Priority, Map<MemberIndex, Lane>> = {
    0: new Map(),
    1: new Map(),
    2: new Map()
  }
  for (const batch of candidates) {
    const author = batch.authorIndex
    const lane = lanes[batch.priority].get(author)
    if (lane === undefined)
      lanes[batch.priority].set(author, { author, batches: [batch], next: 0, deficit: 0 })
    else lane.batches.push(batch)
  }
  const inTurn = (some: ReadonlyMap<MemberIndex, Lane>): Lane[] => {
    const sorted = [...some.values()].sort((one, other) => one.author - other.author)
    const first = view % Math.max(1, sorted.length)
    return [...sorted.slice(first), ...sorted.slice(0, first)]
  }
  return { 0: inTurn(lanes[0]), 1: inTurn(lanes[1]), 2: inTurn(lanes[2]) }
}
