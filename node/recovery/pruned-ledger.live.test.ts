import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../clock.ts'
import { BATCHES_FROM_KEY, batchKey, blockKey, transactionKey } from '../ledger/keyspace.ts'
import { LedgerPruner } from '../ledger/pruner.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { GENESIS, NETWORK_TAG } from '../testing/small-network.ts'
import { auditLedger } from './ledger-audit.ts'
import { recordsOf, removeRecords, settle } from './testing/looking.ts'
import {
  growLedgers,
  openSmallLedger,
  type SmallLedger,
  smallBlocks
} from './testing/small-ledger.ts'

const test = suite('recovery of a pruned ledger')
const BLOCKS = smallBlocks(8)
const KEPT = 3

/** A ledger that keeps the transactions of its last blocks only, and one that keeps all. */
function withPruned(
  run: (pruned: SmallLedger, whole: SmallLedger) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const whole = await openSmallLedger(await create(join(folder, 'whole')), BLOCKS)
    const database = await create(join(folder, 'pruned'))
    const pruned = await openSmallLedger(database, BLOCKS, () => [whole])
    await growLedgers([whole, pruned], BLOCKS)
    const pruner = new LedgerPruner(
      { keepBlocks: KEPT, networkTag: NETWORK_TAG },
      {
        database,
        clock: { ...systemClock, later: atOnce },
        tipHeight: () => BLOCKS.length,
        snapshotHeight: () => BLOCKS.length,
        carried: () => new Set(),
        release: (_, write) => write(),
        log: () => undefined,
        onFailure: (error) => {
          throw error
        }
      }
    )
    pruner.wake()
    await pruner.whenIdle()
    try {
      await run(pruned, whole)
    } finally {
      await pruned.recovery.stop()
      await database.close()
      await whole.database.close()
    }
  })
}

function atOnce(_delayMs: number, run: () => void): () => void {
  setImmediate(run)
  return () => undefined
}

test(
  'what was pruned on purpose is neither missed nor fetched again',
  withPruned(async (pruned) => {
    const before = await recordsOf(pruned)
    assert.is(pruned.archive.batchesFrom, BLOCKS.length - KEPT)
    await pruned.recovery.scrubOnce()
    assert.equal(pruned.recovery.condition.damagedRecords, 0)
    assert.equal(await recordsOf(pruned), before)
    const { faults, isReplayed } = await auditLedger(pruned.database, GENESIS, {
      isDeep: true,
      faultsMax: 10
    })
    assert.equal([faults, isReplayed], [[], false])
  })
)

test(
  'blocks come back pruned or whole as they were, and what is still kept comes back with them',
  withPruned(async (pruned) => {
    const before = await recordsOf(pruned)
    const last = BLOCKS.at(-1)!
    await removeRecords(pruned.database, [
      blockKey(2),
      blockKey(7),
      batchKey(last.batch.id),
      transactionKey(last.transactions[0]!.id)
    ])
    // the places of a batch's transactions are looked at once the batch is there again
    for (let pass = 0; pass < 2; pass++) {
      await pruned.recovery.scrubOnce()
      await settle(pruned)
    }
    assert.equal(await recordsOf(pruned), before)
  })
)

test(
  'from where on transactions are here is seen from the blocks again',
  withPruned(async (pruned) => {
    const before = await recordsOf(pruned)
    pruned.database.reportDamage(BATCHES_FROM_KEY, 'spoilt for the test')
    await settle(pruned)
    assert.equal(await recordsOf(pruned), before)
    assert.is(pruned.archive.blocksFrom, 0)
  })
)

test.run()
