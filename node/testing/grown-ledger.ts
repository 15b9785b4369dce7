/**
 * A ledger of final blocks of the small network, a batch in each, for tests.
 *
 * @module
 */

import { type Block, invariant, type Transaction, type View } from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import { systemClock } from '../clock.ts'
import { batchKey } from '../ledger/keyspace.ts'
import { LedgerKeeper } from '../ledger/ledger-keeper.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import type { Database } from '../storage/database.ts'
import { create } from '../storage/testing/entries.ts'
import { certify } from './small-chain.ts'
import {
  GENESIS,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from './small-network.ts'

/** A ledger with what was put into it. */
export interface GrownLedger {
  readonly database: Database
  readonly keeper: LedgerKeeper
  /** By height, from 1. */
  readonly blocks: readonly Block[]
  readonly batches: readonly TestBatch[]
  readonly transactions: readonly (readonly Transaction[])[]
}

const device = createTestDevice(NETWORK_TAG, 12)

/** Grows one in a folder that does not exist yet. */
export async function growLedger(
  path: string,
  blockCount: number,
  perBlock = 2
): Promise<GrownLedger> {
  const database = await create(path)
  const wires = Array.from({ length: blockCount }, (_, index) =>
    Array.from({ length: perBlock }, (_each, place) => device.message(1 + index * perBlock + place))
  )
  const batches = wires.map((each) => signBatch(each))
  const transactions = wires.map((each) => each.map(judgedTransaction))
  const held = new Map(batches.map(({ id }, index) => [id, transactions[index]]))
  const opened = await openLedger(database, GENESIS)
  const keeper = new LedgerKeeper(
    { database, networkTag: NETWORK_TAG, opened },
    {
      transactionsOf: ({ id }) => held.get(id),
      pause: systemClock.pause,
      awaitCure: async () => false
    }
  )
  const blocks: Block[] = []
  for (const batch of batches) blocks.push(await addBlock(keeper, database, batch))
  return { database, keeper, blocks, batches, transactions }
}

async function addBlock(
  keeper: LedgerKeeper,
  database: Database,
  batch: TestBatch
): Promise<Block> {
  const write = database.createBatch()
  write.put(batchKey(batch.id), batch.bytes)
  await write.write({ sync: false })
  const view = keeper.floor.view + 1
  const block = await keeper.build({
    epoch: keeper.floor.epoch,
    view: view as View,
    parentView: keeper.floor.view,
    parentId: keeper.tip.blockId,
    batches: [batch.reference],
    timeMs: GENESIS.timeMs + 1000 * view
  })
  invariant(block !== null, 'what it stands on is there')
  await keeper.commit([block.id], certify('finalise', block))
  return block
}
