/**
 * The records of a block that becomes final: values, leaves, the block itself and its index.
 *
 * @module
 */

import {
  type Certificate,
  concatBytes,
  encodeBlock,
  encodeCbor,
  isCounting,
  type StateLeaf,
  type Transaction
} from '../../protocol/index.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { Batch, Database } from '../storage/database.ts'
import { putCommands } from './device-commands.ts'
import { putIncarnationEnds } from './incarnation-ends.ts'
import {
  blockKey,
  bodyKey,
  heightOfBlockKey,
  pendingBatchKey,
  stateValueKey,
  transactionKey,
  treeLeafKey
} from './keyspace.ts'
import type { ExecutedEntry } from './ledger-keeper.ts'
import { encodeStoredBlock } from './stored-block.ts'

/** A block and what its records are made of. */
export interface FinalEntry {
  readonly entry: ExecutedEntry
  /** The leaves of the state tree that it changed. */
  readonly leaves: readonly StateLeaf[]
  readonly finalisation: Certificate | null
  readonly database: Pick<Database, 'getSync'>
}

/** Puts all records of a final block into a batch, its floor aside. */
export function putBlockRecords(batch: Batch, final: FinalEntry): void {
  const { block, executed, version } = final.entry
  for (const { table, key, value } of executed.changedValues)
    batch.put(stateValueKey(table, key), value)
  for (const { index, key, nextKey, valueHash } of final.leaves)
    batch.put(treeLeafKey(index), concatBytes(key, nextKey, valueHash))
  const { outcomes } = executed
  const { finalisation } = final
  const stored = { block, blockBytes: encodeBlock(block), finalisation, outcomes }
  batch.put(blockKey(version.height), encodeStoredBlock(stored))
  batch.put(heightOfBlockKey(block.idBytes), encodeCbor(version.height))
  indexTransactions(batch, final)
  putIncarnationEnds(batch, final.entry, final.database)
  putCommands(batch, final.entry, final.database)
  for (const { id } of block.batches) batch.delete(pendingBatchKey(id))
  batch.delete(bodyKey(block.id))
}

/**
 * A transaction's place is that of its first counting outcome, else of its first one at all.
 *
 * What waits has no place yet: it may come again. Several members may have carried the same
 * transaction into one block, so those that count are written over those that do not.
 */
function indexTransactions(batch: Batch, { entry, database }: FinalEntry): void {
  const { executed, version, transactions } = entry
  const put = (position: number): void => {
    const key = transactionKey((transactions[position] as Transaction).id)
    batch.put(key, encodeCbor([version.height, position]))
  }
  const places = [...executed.outcomes.entries()]
  for (const [position, outcome] of places.toReversed()) {
    if (isCounting(outcome) || outcome.outcome === 'waits') continue
    const { id } = transactions[position] as Transaction
    if (!hasPlace(database, id)) put(position)
  }
  for (const [position, outcome] of places) if (isCounting(outcome)) put(position)
}

function hasPlace(database: Pick<Database, 'getSync'>, transactionId: Uint8Array): boolean {
  try {
    return database.getSync(transactionKey(transactionId)) !== undefined
  } catch (error) {
    // it is being cured, and its place found anew among all blocks
    if (error instanceof DamagedRecord) return true
    throw error
  }
}
