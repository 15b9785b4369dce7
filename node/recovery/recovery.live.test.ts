import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { toHex } from '../../protocol/index.ts'
import {
  batchKey,
  blockKey,
  bodyKey,
  evidenceKey,
  FLOOR_KEY,
  heightOfBlockKey,
  pendingBatchKey,
  STATE_VALUES,
  transactionKey,
  treeLeafKey
} from '../ledger/keyspace.ts'
import { DamagedRecord } from '../storage/damaged-record.ts'
import type { Entry } from '../storage/store-pages.ts'
import { collect, create, reopen } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { damageOf, recordsOf, removeRecords, settle, writeRecord } from './testing/looking.ts'
import {
  growLedgers,
  openSmallLedger,
  type SmallLedger,
  smallBlocks
} from './testing/small-ledger.ts'
import { spoilRecord } from './testing/spoil.ts'

const test = suite('recovery')
const BLOCKS = smallBlocks(6)
const WAIT_MS = 20_000

interface World {
  /** Reopened on its files with some records spoilt; the other one is whole. */
  readonly own: SmallLedger
  readonly other: SmallLedger
}

/** Two ledgers of one chain; of the first, records are spoilt on the disk before it opens again. */
function withSpoilt(
  keysOf: (ledger: SmallLedger) => readonly Uint8Array[] | Promise<readonly Uint8Array[]>,
  run: (world: World, keys: readonly Uint8Array[]) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const paths = [join(folder, 'own'), join(folder, 'other')]
    const databases = await Promise.all(paths.map(create))
    const ledgers = await Promise.all(databases.map((one) => openSmallLedger(one, BLOCKS)))
    await growLedgers(ledgers, BLOCKS)
    const [first, other] = ledgers as [SmallLedger, SmallLedger]
    const keys = await keysOf(first)
    const entries = keys.map((key): Entry => [key, first.database.getSync(key)!])
    await first.database.close()
    await (await reopen(paths[0] as string)).close() // writes the tables
    for (const entry of entries) await spoilRecord(paths[0] as string, entry)
    const database = await reopen(paths[0] as string)
    const own = await openSmallLedger(database, BLOCKS, () => [other])
    try {
      await run({ own, other }, keys)
    } finally {
      await own.recovery.stop()
      await database.close()
      await other.database.close()
    }
  })
}

test(
  'a damaged value of the state is not served, and fetched anew from a peer',
  withSpoilt(
    async ({ database }) => {
      const values = await collect(database, STATE_VALUES)
      return values.slice(0, 3).map(([key]) => key)
    },
    async ({ own, other }, keys) => {
      for (const key of keys) {
        const [table, rest] = [key[1] as number, key.subarray(2)]
        const damage = damageOf(() => own.keeper.readValue(table, rest))
        assert.ok(await own.recovery.awaitCure(damage, WAIT_MS))
        assert.ok(own.keeper.readValue(table, rest))
      }
      assert.equal(await recordsOf(own), await recordsOf(other))
      assert.equal(own.recovery.condition, {
        scrubbedAtMs: null,
        damagedRecords: 0,
        repairedRecords: 3
      })
    }
  )
)

test(
  'a damaged block comes back with outcomes that its header proves, though its batch is gone too',
  withSpoilt(
    () => [blockKey(3), batchKey(BLOCKS[2]!.batch.id), blockKey(5)],
    async ({ own, other }) => {
      for (const height of [3, 5]) {
        const damage = damageOf(() => own.archive.block(height))
        assert.ok(await own.recovery.awaitCure(damage, WAIT_MS))
        assert.is(own.archive.block(height)?.block.id, other.archive.block(height)?.block.id)
      }
      assert.equal(await recordsOf(own), await recordsOf(other))
    }
  )
)

test(
  'the index of a block and of its transactions is worked out anew',
  withSpoilt(
    ({ archive }) => [
      heightOfBlockKey(archive.block(4)!.block.idBytes),
      transactionKey(BLOCKS[1]!.transactions[0]!.id)
    ],
    async ({ own, other }) => {
      const id = BLOCKS[1]!.transactions[0]!.id
      const first = damageOf(() => own.archive.find(id))
      const second = damageOf(() => own.archive.heightOf(other.archive.block(4)!.block.idBytes))
      assert.ok(await own.recovery.awaitCure(first, WAIT_MS))
      assert.ok(await own.recovery.awaitCure(second, WAIT_MS))
      assert.is(own.archive.find(id)?.stored.block.header.height, 2)
      assert.equal(await recordsOf(own), await recordsOf(other))
    }
  )
)

test(
  'one scrub finds all that is damaged, missing or out of date, and after the cures the next finds nothing',
  withSpoilt(
    async ({ database }) => {
      const values = await collect(database, STATE_VALUES)
      return [
        values[0]![0],
        blockKey(2),
        blockKey(5),
        batchKey(BLOCKS[0]!.batch.id),
        transactionKey(BLOCKS[3]!.transactions[1]!.id)
      ]
    },
    async ({ own, other }) => {
      await removeRecords(own.database, [
        treeLeafKey(2),
        blockKey(4),
        batchKey(BLOCKS[4]!.batch.id),
        transactionKey(BLOCKS[2]!.transactions[0]!.id)
      ])
      await writeRecord(own.database, treeLeafKey(1), new Uint8Array(96))
      await writeRecord(own.database, FLOOR_KEY, Uint8Array.of(1))
      await own.recovery.scrubOnce()
      await settle(own)
      assert.equal(await recordsOf(own), await recordsOf(other))
      const { repairedRecords, scrubbedAtMs } = own.recovery.condition
      assert.ok(repairedRecords >= 11, `${repairedRecords} were repaired`)
      assert.ok(scrubbedAtMs)
      await own.recovery.scrubOnce()
      assert.is(own.recovery.condition.repairedRecords, repairedRecords)
      assert.equal(own.troubles, [])
    }
  )
)

test(
  'an older value that comes to light again is not served either',
  withSpoilt(
    () => [],
    async ({ own, other }) => {
      const values = await collect(own.database, STATE_VALUES)
      const [key, value] = values[1]!
      await writeRecord(own.database, key, Uint8Array.of(...value, 0))
      const damage = damageOf(() => own.keeper.readValue(key[1] as number, key.subarray(2)))
      assert.match(damage.message, /older/)
      assert.ok(await own.recovery.awaitCure(damage, WAIT_MS))
      assert.equal(await recordsOf(own), await recordsOf(other))
    }
  )
)

test(
  'notes about what is not final are set again where they matter, and taken away where not',
  withSpoilt(
    () => [],
    async ({ own, other }) => {
      const before = await recordsOf(own)
      const keys = [
        pendingBatchKey(BLOCKS[0]!.batch.id),
        pendingBatchKey('ab'.repeat(32)),
        bodyKey('cd'.repeat(32)),
        evidenceKey(0, 1, 1)
      ]
      for (const key of keys) {
        await writeRecord(own.database, key, Uint8Array.of(1))
        own.database.reportDamage(key, 'spoilt for the test')
      }
      await settle(own)
      assert.equal(await recordsOf(own), before)
      assert.equal(before, await recordsOf(other))
    }
  )
)

test(
  'keys that were spoilt lead to the records they were',
  withSpoilt(
    () => [],
    async ({ own, other }) => {
      const values = await collect(own.database, STATE_VALUES)
      const [key, value] = values[2]!
      const spoilt = key.slice()
      spoilt[spoilt.length - 1] = (spoilt.at(-1) as number) ^ 4
      await removeRecords(own.database, [key])
      await writeRecord(own.database, spoilt, value)
      await own.recovery.scrubOnce()
      await settle(own)
      assert.equal(await recordsOf(own), await recordsOf(other))
    }
  )
)

test(
  'a peer that lies is not believed',
  withSpoilt(
    async ({ database }) => {
      const values = await collect(database, STATE_VALUES)
      return [values[0]![0], blockKey(3), batchKey(BLOCKS[0]!.batch.id)]
    },
    async ({ own, other }, keys) => {
      const truth = other.answer
      Object.assign(other, {
        answer: async (request: Uint8Array) => {
          const answer = (await truth(request))?.slice()
          if (answer !== undefined) answer[answer.length - 1] = (answer.at(-1) as number) ^ 1
          return answer
        }
      })
      for (const key of keys) own.database.reportDamage(key, 'as the disk has it')
      const damage = new DamagedRecord('', keys[0]!, '')
      assert.not(await own.recovery.awaitCure(damage, 200))
      assert.is(own.recovery.condition.repairedRecords, 0)
      Object.assign(other, { answer: truth })
      assert.ok(await own.recovery.awaitCure(damage, WAIT_MS))
    }
  )
)

test(
  'blocks go on being executed and committed over damage',
  withFolder(async (folder) => {
    const [path, otherPath] = [join(folder, 'own'), join(folder, 'other')]
    const more = smallBlocks(8)
    const own = await create(path)
    const other = await openSmallLedger(await create(otherPath), more)
    const first = await openSmallLedger(own, more)
    await growLedgers([first, other], more.slice(0, 5))
    const values = await collect(own, STATE_VALUES)
    await own.close()
    await (await reopen(path)).close()
    for (const entry of values) await spoilRecord(path, entry)
    const database = await reopen(path)
    const second = await openSmallLedger(database, more, () => [other])
    await growLedgers([other, second], more.slice(5))
    assert.is(toHex(second.keeper.tip.tree.root), toHex(other.keeper.tip.tree.root))
    await second.recovery.scrubOnce()
    await settle(second)
    assert.equal(await recordsOf(second), await recordsOf(other))
    await second.recovery.stop()
    await database.close()
    await other.database.close()
  })
)

test.run()
