/**
 * Cures: for every class of record the one way in which it can be had again.
 *
 * What stands in memory is written from there; everything else comes from peers
 * and is believed only for what this node itself holds: the tree's leaves, the
 * neighbours in the chain, the members' signatures.
 *
 * @module
 */

import type { BatchId, BlockId } from '../../protocol/index.ts'
import { readLedgerKey } from '../ledger/keyspace.ts'
import {
  cureBatch,
  cureBody,
  curePendingBatch,
  dropCommandPlace,
  dropEvidence,
  dropIncarnationEnd
} from './cure-batch.ts'
import { cureBase, cureBlock, cureHeightOfBlock, cureTransactionPlace } from './cure-chain.ts'
import type { CureOutcome } from './cure-desk.ts'
import type { CurePorts } from './cure-ports.ts'
import { cureFloor, cureStateValue, cureTreeLeaf } from './cure-state.ts'

/** Cures the record under a key, or says why not. */
export async function cureRecord(key: Uint8Array, ports: CurePorts): Promise<CureOutcome> {
  const record = readLedgerKey(key)
  switch (record.kind) {
    case 'state-value':
      return await cureStateValue(record, ports)
    case 'tree-leaf':
      return await cureTreeLeaf(record.index, ports)
    case 'floor':
      return await cureFloor(ports)
    case 'block':
      return await cureBlock(record.height, ports)
    case 'height-of-block':
      return await cureHeightOfBlock(record.blockId, ports)
    case 'transaction':
      return await cureTransactionPlace(record.idPrefix, ports)
    case 'batch':
      return await cureBatch(record.id as BatchId, ports)
    case 'pending-batch':
      return await curePendingBatch(record.id as BatchId, ports)
    case 'body':
      return await cureBody(record.blockId as BlockId, ports)
    case 'evidence':
      return await dropEvidence(key, ports)
    case 'incarnation-end':
      return await dropIncarnationEnd(key, ports)
    case 'command-place':
      return await dropCommandPlace(key, ports)
    case 'base':
      return await cureBase(ports)
    case 'unknown':
      return 'unobtainable'
  }
}
