/**
 * Versions of the ledger: the state after one block, committed or not.
 *
 * @module
 */

import type { Block } from '../blocks/block.ts'
import { invariant } from '../foundation/invariant.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { StateTree } from '../state-tree/state-tree.ts'
import type { TreeVersion } from '../state-tree/version.ts'
import type { BlockId, Height } from '../types.ts'
import type { ExecutedBlock } from './execute-block.ts'
import { type NextEpoch, nextEpochOf } from './governance/next-epoch.ts'
import { type LedgerBase, LedgerView } from './ledger-view.ts'

/** The state after one block. */
export interface LedgerVersion {
  readonly blockId: BlockId
  readonly blockIdBytes: Uint8Array
  readonly height: Height
  /** Header time of the block. */
  readonly timeMs: number
  readonly view: LedgerView
  readonly tree: TreeVersion
  /** Whoever is seated for the blocks that stand on this one. */
  readonly electorate: Electorate
  /** What the next block must seal; null when nothing is due. */
  readonly nextEpoch: NextEpoch | null
}

/** The committed state and the way onward from it. */
export interface CommittedLedger {
  readonly base: LedgerBase
  readonly tree: StateTree
  /** The version of the last committed block. */
  readonly tip: LedgerVersion
}

/** A committed ledger as it is found at a start: an empty view on top of its base. */
export function openCommittedLedger(
  base: LedgerBase,
  tree: StateTree,
  tip: Omit<LedgerVersion, 'view' | 'tree' | 'nextEpoch'>
): CommittedLedger {
  const view = new LedgerView(base)
  view.commitInto(base)
  return { base, tree, tip: versionOfState({ ...tip, view, tree: tree.base }) }
}

/**
 * The version of a state that is there already. What is next is found out when it is first asked for:
 * whoever opens a ledger may have records to mend before.
 */
export function versionOfState(state: Omit<LedgerVersion, 'nextEpoch'>): LedgerVersion {
  const { view, height, timeMs } = state
  let next: NextEpoch | null | undefined
  return {
    ...state,
    get nextEpoch() {
      next = next === undefined ? nextEpochOf(view, { height, timeMs }) : next
      return next
    }
  }
}

/** The version that a block made. */
export function versionOfBlock(
  { id, idBytes }: Pick<Block, 'id' | 'idBytes'>,
  executed: ExecutedBlock
): LedgerVersion {
  const { height, timeMs, view, tree, electorate, nextEpoch } = executed
  return { blockId: id, blockIdBytes: idBytes, height, timeMs, view, tree, electorate, nextEpoch }
}

/**
 * Moves the committed state on to a child of its tip, whose values the store holds by now.
 *
 * Versions on top of the child go on working; all others are void.
 */
export function commitVersion(ledger: CommittedLedger, version: LedgerVersion): CommittedLedger {
  invariant(version.height === ledger.tip.height + 1, 'versions are committed one by one')
  version.view.commitInto(ledger.base)
  ledger.tree.adopt(version.tree)
  return { base: ledger.base, tree: ledger.tree, tip: version }
}
