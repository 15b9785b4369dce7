/**
 * Ledgers of a few final blocks on real databases, of one chain, to damage and to mend from each other.
 *
 * @module
 */

import {
  type Block,
  type BlockId,
  invariant,
  type Transaction,
  type View
} from '../../../protocol/index.ts'
import { createTestDevice } from '../../api/testing/test-device.ts'
import { answerQuestion } from '../../batches/judge-batch.ts'
import { type Clock, systemClock } from '../../clock.ts'
import { batchKey } from '../../ledger/keyspace.ts'
import { LedgerKeeper } from '../../ledger/ledger-keeper.ts'
import { openLedger } from '../../ledger/open-ledger.ts'
import { Archive } from '../../service/archive.ts'
import { readIfWhole } from '../../storage/damaged-record.ts'
import type { Database } from '../../storage/database.ts'
import { answerFetch } from '../../sync/fetch-server.ts'
import { certify } from '../../testing/small-chain.ts'
import {
  ELECTORATE,
  GENESIS,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from '../../testing/small-network.ts'
import { Recovery } from '../recovery.ts'

/** The system's clock, but a test that waits for it does not end before. */
const clock: Clock = {
  ...systemClock,
  later: (delayMs, run) => {
    const handle = setTimeout(run, delayMs)
    return () => clearTimeout(handle)
  }
}

/** One block to be made. */
export interface SmallBlock {
  readonly batch: TestBatch
  readonly transactions: readonly Transaction[]
}

/** A ledger, with what mends it. */
export interface SmallLedger {
  readonly database: Database
  readonly keeper: LedgerKeeper
  readonly archive: Archive
  readonly recovery: Recovery
  /** What was told of damage that no record can be written for. */
  readonly troubles: readonly Error[]
  /** Answers another ledger's question. */
  readonly answer: (request: Uint8Array) => Promise<Uint8Array | undefined>
}

/** The blocks of the chain: of messages that no ledger knows the device of, so that codes are told. */
export function smallBlocks(count: number): readonly SmallBlock[] {
  const device = createTestDevice(NETWORK_TAG, 17)
  return Array.from({ length: count }, (_, index) => {
    const wires = [1, 2].map((number) => device.message(10 * index + number))
    return {
      batch: signBatch(wires, { header: { height: index } }),
      transactions: wires.map(judgedTransaction)
    }
  })
}

/** Opens the ledger of a database; questions go to the other ledgers. */
export async function openSmallLedger(
  database: Database,
  blocks: readonly SmallBlock[],
  others: () => readonly SmallLedger[] = () => []
): Promise<SmallLedger> {
  const opened = await openLedger(database, GENESIS)
  const held = new Map(blocks.map(({ batch, transactions }) => [batch.id, transactions]))
  const { pause } = clock
  const keeper: LedgerKeeper = new LedgerKeeper(
    { database, networkTag: NETWORK_TAG, opened },
    {
      transactionsOf: ({ id }) => held.get(id),
      pause,
      awaitCure: (damage, timeoutMs) => recovery.awaitCure(damage, timeoutMs)
    }
  )
  const archive = new Archive(database, NETWORK_TAG, {
    readValue: (table, key) => keeper.readValue(table, key),
    holdsBlock: (height) => height <= keeper.tip.height
  })
  const troubles: Error[] = []
  const recovery = new Recovery(
    { scrubBytesPerSecond: 0 },
    {
      networkTag: NETWORK_TAG,
      electorate: () => ELECTORATE,
      electorateOf: (epoch) => keeper.electorateOf(epoch),
      database,
      clock,
      log: { warn: () => undefined, info: () => undefined, debug: () => undefined },
      tip: () => keeper.tip,
      floor: () => keeper.floor,
      blocksFrom: () => archive.blocksFrom,
      batchesFrom: () => archive.batchesFrom,
      packedLeaf: (index) => keeper.packedLeaf(index),
      betweenCommits: (work) => keeper.betweenCommits(work),
      bodyOf: (id) => keeper.entry(id)?.block,
      peers: () => [...others().keys()].map(String),
      ask: async (peer, request) => await others()[Number(peer)]?.answer(request),
      penalise: () => undefined,
      judgeBatch: async (bytes) => {
        const question = {
          kind: 'batch' as const,
          number: 0,
          bytes: new Uint8Array(bytes),
          isFinal: false
        }
        return { ...answerQuestion(NETWORK_TAG, question), rows: [] }
      },
      pause,
      count: () => undefined,
      onTrouble: (error) => void troubles.push(error),
      onFailure: (error) => {
        throw error
      }
    }
  )
  const answer = (request: Uint8Array): Promise<Uint8Array | undefined> =>
    answerFetch(request, {
      batchesFrom: () => archive.batchesFrom,
      snapshots: async () => new Uint8Array(0),
      batchBytes: (id) => readIfWhole(() => database.getSync(batchKey(id))),
      bodyOf: () => undefined,
      finalBlock: (height) => readIfWhole(() => archive.block(height)),
      certificates: () => [],
      stateValue: (table, key) => readIfWhole(() => keeper.readValue(table, key)),
      seals: () => []
    })
  return { database, keeper, archive, recovery, troubles, answer }
}

/** Makes blocks final, one by one, on ledgers that stand alike; the same on each of them. */
export async function growLedgers(
  ledgers: readonly SmallLedger[],
  blocks: readonly SmallBlock[]
): Promise<void> {
  for (const { batch } of blocks) {
    let block: Block | null = null
    for (const { keeper, database } of ledgers) {
      const write = database.createBatch()
      write.put(batchKey(batch.id), batch.bytes)
      await write.write({ sync: false })
      if (block === null) block = await buildNext(keeper, batch)
      else invariant(await keeper.execute(block), 'ledgers that stand alike execute alike')
      await keeper.commit([block.id], certify('finalise', block))
    }
  }
}

async function buildNext(keeper: LedgerKeeper, batch: TestBatch): Promise<Block> {
  const { tip, floor } = keeper
  const block = await keeper.build({
    epoch: floor.epoch,
    view: (floor.view + 1) as View,
    parentView: floor.view,
    parentId: tip.blockId as BlockId,
    batches: [batch.reference],
    timeMs: GENESIS.timeMs + 1000 * (floor.view + 1)
  })
  invariant(block !== null, 'what it stands on is there')
  return block
}
