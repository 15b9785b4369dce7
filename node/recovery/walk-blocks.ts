/**
 * Walks through the final blocks for records that name their block and not its height.
 *
 * @module
 */

import {
  type BatchId,
  type Block,
  decodeBatch,
  decodeTransaction,
  type Transaction
} from '../../protocol/index.ts'
import { batchKey } from '../ledger/keyspace.ts'
import { readStoredBlock } from '../ledger/open-ledger.ts'
import type { StoredBlock } from '../ledger/stored-block.ts'
import type { CurePorts } from './cure-ports.ts'
import { readIfWhole } from './read-if-whole.ts'

type WalkPorts = Pick<CurePorts, 'database' | 'networkTag' | 'tip' | 'baseHeight' | 'pause'>

/** The final blocks from the newest down, those that cannot be read left out. */
export async function* walkBlocks(ports: WalkPorts): AsyncGenerator<StoredBlock, void, void> {
  for (let height: number = ports.tip().height; height >= ports.baseHeight(); height--) {
    const stored = readIfWhole(() => readStoredBlock(ports.database, height))
    if (stored !== undefined) yield stored
    await ports.pause()
  }
}

/** The transactions of a final block in order; undefined when one of its batches cannot be read. */
export function transactionsOf(
  { batches }: Block,
  ports: Pick<WalkPorts, 'database' | 'networkTag'>
): readonly Transaction[] | undefined {
  const transactions: Transaction[] = []
  for (const { id } of batches) {
    const found = batchTransactions(id, ports)
    if (found === undefined) return undefined
    transactions.push(...found)
  }
  return transactions
}

/** The transactions of one batch in order; a batch that is missing is reported. */
export function batchTransactions(
  id: BatchId,
  { database, networkTag }: Pick<WalkPorts, 'database' | 'networkTag'>
): readonly Transaction[] | undefined {
  const bytes = readIfWhole(() => database.getSync(batchKey(id)))
  const batch = bytes === undefined ? undefined : decodeBatch(bytes)
  const decoded = batch?.transactions.map((wire) => decodeTransaction(wire, networkTag))
  if (decoded === undefined) return undefined
  const transactions = decoded.flatMap((one) => (one.ok ? [one.value] : []))
  return transactions.length === decoded.length ? transactions : undefined
}
