/**
 * Proofs about the test chain: of its first block, finalised by itself or by its child.
 *
 * @module
 */

import { listPath } from '../crypto/merkle.ts'
import { invariant } from '../foundation/invariant.ts'
import { vendors } from '../ledger/records/vendor-record.ts'
import { stateKey } from '../ledger/table.ts'
import type { FinalityProof } from '../proofs/finality-proof.ts'
import type { ReadProof } from '../proofs/read-proof.ts'
import type { ReceiptProof } from '../proofs/receipt-proof.ts'
import { CHAIN } from './core-state.ts'

const { block1, block2, certify, executed, transactions, vendorId } = CHAIN

/** What a reader trusts. */
export const TRUSTED: {
  readonly networkTag: Uint8Array
  readonly electorate: typeof CHAIN.electorate
} = { networkTag: CHAIN.networkTag, electorate: CHAIN.electorate }

/** Block 1, finalised by itself. */
export const DIRECT: FinalityProof = {
  headerBytes: block1.headerBytes,
  finalisation: certify('finalise', 2, block1),
  descendants: []
}

/** Block 1, finalised through its child. */
export const THROUGH_CHILD: FinalityProof = {
  headerBytes: block1.headerBytes,
  finalisation: certify('finalise', 3, block2),
  descendants: [block2.headerBytes]
}

/** The receipt of a transaction of block 1. */
export function receiptOf(index: number): ReceiptProof {
  const [transaction, outcome] = [transactions[index], executed.outcomes[index]]
  invariant(transaction !== undefined && outcome !== undefined, 'the block has two transactions')
  const path = listPath(executed.receiptLeaves, index)
  return { transactionId: transaction.id, outcome, index, path, finality: DIRECT }
}

/** The maker's record after block 1, or the absence of another one. */
export function readOf(key: Uint8Array = vendorId): ReadProof {
  const changed = executed.changedValues.findLast(
    (one) => one.table === vendors.number && key === vendorId
  )
  const { number: table } = vendors
  const state = executed.tree.prove(stateKey(table, key))
  return { table, key, value: changed?.value ?? null, state, finality: THROUGH_CHILD }
}
