import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeCbor, invariant } from '../../protocol/index.ts'
import { systemClock } from '../clock.ts'
import { openArchive } from '../service/archive.ts'
import { viewOfBlock } from '../service/block-view.ts'
import type { Database } from '../storage/database.ts'
import { reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { type GrownLedger, growLedger } from '../testing/grown-ledger.ts'
import { GENESIS, NETWORK_TAG } from '../testing/small-network.ts'
import { BATCHES_FROM_KEY, batchKey, pendingBatchKey } from './keyspace.ts'
import { openLedger } from './open-ledger.ts'
import { LedgerPruner, type LedgerPrunerPorts } from './pruner.ts'

const test = suite('the pruner')
// The system's clock keeps no process alive.
const alive = setInterval(() => undefined, 1000)
test.after(() => clearInterval(alive))

const HEIGHT = 30
/** Prunes as far as it goes. */
async function prune(
  database: Database,
  change: Partial<LedgerPrunerPorts> & { keepBlocks?: number; compactFromBytes?: number } = {}
): Promise<void> {
  const { keepBlocks = 10, compactFromBytes = 1_000_000, ...ports } = change
  let trouble: unknown
  const pruner = new LedgerPruner(
    { keepBlocks, compactFromBytes, networkTag: NETWORK_TAG },
    {
      database,
      clock: systemClock,
      tipHeight: () => HEIGHT,
      snapshotHeight: () => HEIGHT,
      carried: () => new Set(),
      release: (_, write) => write(),
      log: () => undefined,
      onFailure: (error) => {
        trouble = error
      },
      ...ports
    }
  )
  pruner.wake()
  await pruner.whenIdle()
  await pruner.stop()
  assert.is(trouble, undefined)
}

const idOf = ({ transactions }: GrownLedger, height: number): Uint8Array =>
  transactions[height - 1]?.[0]?.id ?? new Uint8Array(32)

test(
  'what stood in old blocks goes; their headers, finalisations and everything newer stay',
  withFolder(async (folder) => {
    const grown = await growLedger(join(folder, 'ledger'), HEIGHT)
    const { database, batches } = grown
    const archive = openArchive(database, NETWORK_TAG, HEIGHT)
    assert.ok(archive.receipt(idOf(grown, 5)))
    await prune(database)
    assert.is(archive.batchesFrom, 20)
    for (const height of [1, 5, 19]) {
      const stored = archive.block(height)
      invariant(stored !== undefined, 'blocks stay')
      assert.ok(archive.finalityOf(stored))
      assert.is(archive.statusOf(idOf(grown, height)), null)
      assert.is(archive.receipt(idOf(grown, height)), null)
      assert.is(database.getSync(batchKey(batches[height - 1]?.id ?? '')), undefined)
      const view = viewOfBlock(archive, stored)
      assert.equal([view.isPruned, view.transactions, view.transactionCount], [true, [], 2])
      assert.is(archive.transactionsOf(stored), null)
    }
    for (const height of [20, HEIGHT]) {
      assert.is(archive.statusOf(idOf(grown, height))?.height, height)
      assert.ok(archive.receipt(idOf(grown, height)))
    }
    await database.close()
    const again = await reopen(join(folder, 'ledger'))
    assert.is((await openLedger(again, GENESIS)).floor.height, HEIGHT)
    await again.close()
  })
)

test(
  'nothing goes that no snapshot stands above, and nothing at all unless it is asked for',
  withFolder(async (folder) => {
    const { database } = await growLedger(join(folder, 'ledger'), HEIGHT)
    const archive = openArchive(database, NETWORK_TAG, HEIGHT)
    await prune(database, { keepBlocks: 0 })
    await prune(database, { snapshotHeight: () => 0 })
    assert.is(archive.batchesFrom, 0)
    await prune(database, { snapshotHeight: () => 8 })
    assert.is(archive.batchesFrom, 8)
    await prune(database, { tipHeight: () => 12 })
    assert.is(archive.batchesFrom, 8, 'it never goes back')
    await database.close()
  })
)

test(
  'a batch that somebody has carried into a block once more stays',
  withFolder(async (folder) => {
    const { database, batches } = await growLedger(join(folder, 'ledger'), HEIGHT)
    const [first] = batches
    invariant(first !== undefined, 'there are some')
    const write = database.createBatch()
    write.put(pendingBatchKey(first.id), Uint8Array.of(1))
    await write.write({ sync: true })
    await prune(database)
    assert.ok(database.getSync(batchKey(first.id)))
    await database.close()
  })
)

test(
  'a batch that stands in a block on its way to be final stays, and waits for that block; the others are released by the very write',
  withFolder(async (folder) => {
    const { database, batches } = await growLedger(join(folder, 'ledger'), HEIGHT)
    const [first, second] = batches
    invariant(first !== undefined && second !== undefined, 'there are some')
    const released: string[] = []
    await prune(database, {
      carried: () => new Set([first.id]),
      release: async (ids, write) => {
        for (const id of ids) assert.ok(database.getSync(batchKey(id)), 'not gone before the write')
        await write()
        for (const id of ids) assert.is(database.getSync(batchKey(id)), undefined)
        released.push(...ids)
      }
    })
    assert.ok(database.getSync(batchKey(first.id)))
    assert.ok(database.getSync(pendingBatchKey(first.id)))
    assert.ok(released.includes(second.id))
    assert.not(released.includes(first.id))
    await database.close()
  })
)

test(
  'a batch of a newer block that went with an older one is no bug: the block counts as pruned',
  withFolder(async (folder) => {
    const grown = await growLedger(join(folder, 'ledger'), HEIGHT)
    const { database, batches } = grown
    const write = database.createBatch()
    write.delete(batchKey(batches[24]?.id ?? ''))
    // Without pruning it would be damage.
    write.put(BATCHES_FROM_KEY, encodeCbor(1))
    await write.write({ sync: true })
    const archive = openArchive(database, NETWORK_TAG, HEIGHT)
    assert.is(archive.statusOf(idOf(grown, 25)), null)
    assert.is(archive.receipt(idOf(grown, 25)), null)
    const stored = archive.block(25)
    invariant(stored !== undefined, 'the block is there')
    assert.is(viewOfBlock(archive, stored).isPruned, true)
    await database.close()
  })
)

test(
  'the room that is freed comes back to the disk',
  withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    const { database } = await growLedger(path, HEIGHT, 150)
    // LevelDB turns its log into tables when it is opened.
    await database.close()
    const again = await reopen(path)
    const before = sizeOf(path)
    await prune(again, { keepBlocks: 1, compactFromBytes: 1 })
    await again.close()
    const third = await reopen(path)
    await third.close()
    const after = sizeOf(path)
    assert.ok(after < before / 2, `${after} of ${before} bytes are left`)
  })
)

test.run()

function sizeOf(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
}
