/**
 * A final block as readers see it, with what became of each transaction.
 *
 * @module
 */

import { encodeCertificate, invariant, type Outcome } from '../../protocol/index.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import type { BlockContents, BlockView } from '../ledger-service.ts'
import type { Archive } from './archive.ts'

/** The view of a stored block. */
export function viewOfBlock(archive: Archive, stored: StoredBlock): BlockView {
  const { header, idBytes, headerBytes } = stored.block
  const ids = archive.transactionsOf(stored)?.map(({ id }) => id)
  const { finalisation } = archive.finalityOf(stored) ?? { finalisation: null }
  return {
    height: header.height,
    blockId: idBytes,
    headerBytes,
    blockBytes: stored.blockBytes,
    epoch: header.epoch,
    view: header.view,
    timeMs: header.timeMs,
    stateRoot: header.stateRoot,
    transactionCount: header.transactionCount,
    isPruned: ids === undefined,
    transactions: (ids ?? []).map((transactionId, index) => ({
      transactionId,
      ...(stored.outcomes[index] as Outcome)
    })),
    finalisation:
      stored.finalisation === null || finalisation === null ? null : encodeCertificate(finalisation)
  }
}

/** What a stored block did; null where its transactions were forgotten. */
export function contentsOfBlock(archive: Archive, stored: StoredBlock): BlockContents | null {
  const { header, idBytes } = stored.block
  const transactions = archive.transactionsOf(stored)
  if (transactions === null) return null
  return {
    height: header.height,
    blockId: idBytes,
    timeMs: header.timeMs,
    stateRoot: header.stateRoot,
    entries: transactions.map((transaction, index) => {
      const outcome = stored.outcomes[index]
      invariant(outcome !== undefined, 'each transaction of a final block has an outcome')
      return { transaction, outcome }
    })
  }
}
