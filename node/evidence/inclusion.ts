/**
 * Inclusion: proves from the archive that a message counted, for evidence about older ones than the head.
 *
 * @module
 */

import {
  createListTree,
  encodeReceiptLeaf,
  type Inclusion,
  type LedgerReader,
  listLeafHash,
  NETWORK_KEY,
  networkTable,
  type Outcome,
  recentBlockKey,
  recentBlocks
} from '../../protocol/index.ts'
import type { Archive, ArchivedTransaction } from '../service/archive.ts'

/** The proof for a transaction that counted; null when its block was pruned. */
export function inclusionOf(
  { stored, position, outcome }: ArchivedTransaction,
  archive: Pick<Archive, 'transactionsOf'>
): Inclusion | null {
  const transactions = archive.transactionsOf(stored)
  if (transactions === null) return null
  const leaves = transactions.map(({ id }, index) =>
    listLeafHash(encodeReceiptLeaf(id, stored.outcomes[index] as Outcome))
  )
  return {
    height: stored.block.header.height,
    headerBytes: stored.block.headerBytes,
    receiptsPath: createListTree(leaves).path(position),
    index: position,
    code: outcome.code
  }
}

/** Whether the ledger still remembers the block of a height: what counted in older ones is proved no more. */
export function isRemembered(height: number, state: LedgerReader): boolean {
  const network = state.read(networkTable, NETWORK_KEY)
  if (network === undefined) return false
  const key = recentBlockKey(height, network.parameters.anchorWindowBlocks)
  return state.read(recentBlocks, key)?.height === height
}
