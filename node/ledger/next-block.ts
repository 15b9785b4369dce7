/**
 * The next block on a parent: made by its leader, and judged by what the parent's state asks of it.
 *
 * @see SPEC.md §8.2 Blocks
 * @module
 */

import {
  type BatchReference,
  BLOCK_FORMAT,
  type Block,
  type BlockId,
  batchListRoot,
  createBlock,
  type Epoch,
  type ExecutedBlock,
  equalBytes,
  type Height,
  type LedgerVersion,
  type View
} from '../../protocol/index.ts'

/** What a block is to be made of. */
export interface BlockPlan {
  readonly epoch: Epoch
  readonly view: View
  readonly parentView: View
  readonly parentId: BlockId
  readonly batches: readonly BatchReference[]
  readonly timeMs: number
}

/** Makes the block of a plan that was executed on its parent. */
export function nextBlock(
  parent: LedgerVersion,
  {
    networkTag,
    plan,
    executed,
    transactionCount
  }: {
    readonly networkTag: Uint8Array
    readonly plan: BlockPlan
    readonly executed: ExecutedBlock
    readonly transactionCount: number
  }
): Block {
  const { electorate, nextEpoch } = parent
  return createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag,
      epoch: electorate.epoch,
      view: plan.view,
      parentId: parent.blockIdBytes,
      parentView: plan.parentView,
      height: (parent.height + 1) as Height,
      timeMs: plan.timeMs,
      batchListRoot: batchListRoot(plan.batches),
      stateRoot: executed.stateRoot,
      receiptsRoot: executed.receiptsRoot,
      transactionCount,
      electorateHash: electorate.hash,
      seal: nextEpoch?.electorate.hash ?? null
    },
    plan.batches
  )
}

/**
 * Whether a block stands in the epoch that its parent's state names, and seals it exactly when that
 * state says so. A fresh block on a seal in the seal's own epoch fails here.
 */
export function isOfEpoch({ header, batches }: Block, parent: LedgerVersion): boolean {
  const { electorate, nextEpoch } = parent
  if (header.epoch !== electorate.epoch) return false
  if (!equalBytes(header.electorateHash, electorate.hash)) return false
  if (nextEpoch === null) return header.seal === null
  if (header.seal === null || batches.length > 0) return false
  return equalBytes(header.seal, nextEpoch.electorate.hash)
}
