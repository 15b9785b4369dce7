/**
 * States of any size on a final block of the small network, for tests of snapshots.
 *
 * @module
 */

import {
  BLOCK_FORMAT,
  type Block,
  batchListRoot,
  type Certificate,
  createBlock,
  createStateTree,
  deriveVersion,
  encodeBlock,
  encodeCbor,
  genesisView,
  type Height,
  LedgerBase,
  type StateRecord,
  stateKey,
  stateValueHash,
  uint64,
  type View
} from '../../../protocol/index.ts'
import { blockKey, heightOfBlockKey, stateValueKey, treeLeafKey } from '../../ledger/keyspace.ts'
import { floorAfter, putFloor } from '../../ledger/open-ledger.ts'
import { encodeStoredBlock } from '../../ledger/stored-block.ts'
import type { Database } from '../../storage/database.ts'
import { certify } from '../../testing/small-chain.ts'
import { ELECTORATE, GENESIS, NETWORK_TAG } from '../../testing/small-network.ts'

/** The whole state at one final block. */
export interface TestState {
  readonly block: Block
  readonly finalisation: Certificate
  readonly records: readonly StateRecord[]
  readonly leaves: Uint8Array
  readonly leafCount: number
}

const TABLE = 200
const LEAF_BYTES = 96

/** A state of so many records, and one that nobody else has. */
export function makeState(height: number, recordCount: number, mark = 0): TestState {
  const filling = Array.from({ length: recordCount }, (_, index): StateRecord => {
    const value = new Uint8Array(150).fill(1 + (index % 200))
    value.set(uint64(mark), 0)
    return { table: TABLE, key: uint64(index), value }
  })
  // Without what genesis writes, nobody governs and nothing opens.
  const founding = genesisView(GENESIS, new LedgerBase(() => undefined)).changedValues()
  const records = [...founding, ...filling].map(
    ({ table, key, value }): StateRecord => ({ table, key, value })
  )
  const tree = createStateTree()
  const changes = records.map(({ table, key, value }) => ({
    key: stateKey(table, key),
    valueHash: stateValueHash(value)
  }))
  tree.adopt(deriveVersion(tree.base, changes))
  const block = blockAt(height, tree.base.root)
  return {
    block,
    finalisation: certify('finalise', block),
    records,
    leaves: tree.packLeaves(0, tree.base.count),
    leafCount: tree.base.count
  }
}

/** Writes a state into an empty database, as a ledger that stands at its block. */
export async function writeState(database: Database, state: TestState): Promise<void> {
  const { block, finalisation, records, leaves, leafCount } = state
  const batch = database.createBatch()
  for (const { table, key, value } of records) batch.put(stateValueKey(table, key), value)
  for (let leaf = 0; leaf < leafCount; leaf++)
    batch.put(treeLeafKey(leaf), leaves.subarray(leaf * LEAF_BYTES, (leaf + 1) * LEAF_BYTES))
  const { height } = block.header
  const stored = { block, blockBytes: encodeBlock(block), finalisation, outcomes: [] }
  batch.put(blockKey(height), encodeStoredBlock(stored))
  batch.put(heightOfBlockKey(block.idBytes), encodeCbor(height))
  putFloor(batch, floorAfter(block.header, { electorate: ELECTORATE, finalisation }))
  await batch.write({ sync: false })
}

/** A block without transactions that claims a state. */
export function blockAt(height: number, stateRoot: Uint8Array): Block {
  return createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: NETWORK_TAG,
      epoch: ELECTORATE.epoch,
      view: height as View,
      parentId: new Uint8Array(32).fill(1),
      parentView: (height - 1) as View,
      height: height as Height,
      timeMs: GENESIS.timeMs + height,
      batchListRoot: batchListRoot([]),
      stateRoot,
      receiptsRoot: new Uint8Array(32),
      transactionCount: 0,
      electorateHash: ELECTORATE.hash,
      seal: null
    },
    []
  )
}
