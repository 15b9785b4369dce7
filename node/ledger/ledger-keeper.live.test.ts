import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  type BatchReference,
  type Block,
  type BlockId,
  encodeBlock,
  invariant,
  judgeBlock,
  type Transaction,
  toHex,
  type View
} from '../../protocol/index.ts'
import { createTestDevice } from '../api/testing/test-device.ts'
import type { Database } from '../storage/database.ts'
import { create, reopen } from '../storage/testing/entries.ts'
import { codedError, withFolder } from '../storage/testing/fixtures.ts'
import { certify } from '../testing/small-chain.ts'
import {
  ELECTORATE,
  GENESIS,
  judgedTransaction,
  NETWORK_TAG,
  signBatch,
  type TestBatch
} from '../testing/small-network.ts'
import { blockKey, heightOfBlockKey, transactionKey, treeLeafKey } from './keyspace.ts'
import { LedgerKeeper } from './ledger-keeper.ts'
import { openLedger, readStoredBlock } from './open-ledger.ts'

const test = suite('the keeper of the ledger')

const device = createTestDevice(NETWORK_TAG, 11)
const BATCHES: readonly TestBatch[] = [1, 2, 3].map((sequence) =>
  signBatch([device.message(sequence), device.message(sequence + 10)])
)
const HELD: ReadonlyMap<string, readonly Transaction[]> = new Map(
  BATCHES.map(({ id }, index) => [
    id,
    [index + 1, index + 11].map((sequence) => judgedTransaction(device.message(sequence)))
  ])
)

async function openKeeper(database: Database): Promise<LedgerKeeper> {
  const opened = await openLedger(database, GENESIS)
  return new LedgerKeeper(
    { database, networkTag: NETWORK_TAG, opened },
    {
      transactionsOf: ({ id }: BatchReference) => HELD.get(id),
      pause: () => new Promise((resolve) => setImmediate(resolve)),
      awaitCure: async () => false
    }
  )
}

/** Builds the next block on a parent, with one of the batches. */
async function build(
  keeper: LedgerKeeper,
  parent: { readonly blockId: BlockId; readonly view: number },
  batches: readonly TestBatch[]
): Promise<Block> {
  const block = await keeper.build({
    epoch: keeper.floor.epoch,
    view: (parent.view + 1) as View,
    parentView: parent.view as View,
    parentId: parent.blockId,
    batches: batches.map(({ reference }) => reference),
    timeMs: GENESIS.timeMs + 1000 * (parent.view + 1)
  })
  invariant(block !== null, 'what it stands on is there')
  return block
}

const placeOf = ({ id, header }: Block): { blockId: BlockId; view: number } => ({
  blockId: id,
  view: header.view
})
const root = (keeper: LedgerKeeper): string => toHex(keeper.tip.tree.root)

/** Makes so many final blocks, one by one. */
async function grow(keeper: LedgerKeeper, count: number): Promise<Block[]> {
  const blocks: Block[] = []
  for (let number = 0; number < count; number++) {
    const parent = { blockId: keeper.tip.blockId, view: keeper.floor.view }
    const block = await build(keeper, parent, [BATCHES[number] as TestBatch])
    await keeper.commit([block.id], certify('finalise', block))
    blocks.push(block)
  }
  return blocks
}

function withDatabase(
  run: (database: Database, reopenIt: () => Promise<Database>) => Promise<void>
): () => Promise<void> {
  return withFolder(async (folder) => {
    const path = join(folder, 'ledger')
    let database = await create(path)
    try {
      await run(database, async () => {
        await database.close()
        database = await reopen(path)
        return database
      })
    } finally {
      await database.close()
    }
  })
}

test(
  'what one keeper builds another executes to the same roots',
  withFolder(async (folder) => {
    const databases = [await create(join(folder, 'one')), await create(join(folder, 'two'))]
    const [one, two] = await Promise.all(databases.map(openKeeper))
    invariant(one !== undefined && two !== undefined, 'there are two')
    assert.is(root(one), root(two))
    const blocks = await grow(one, 2)
    for (const block of blocks) {
      assert.ok(judgeBlock(block, NETWORK_TAG, ELECTORATE).ok)
      assert.ok(await two.execute(block))
      await two.commit([block.id], certify('finalise', block))
    }
    assert.is(root(two), root(one))
    assert.is(two.tip.blockId, one.tip.blockId)
    for (const database of databases) await database.close()
  })
)

test(
  'a block that claims anything else is not valid here',
  withDatabase(async (database) => {
    const keeper = await openKeeper(database)
    const genesis = { blockId: keeper.tip.blockId, view: 0 }
    const good = await build(keeper, genesis, [BATCHES[0] as TestBatch])
    const zero = new Uint8Array(32)
    const { header } = good
    const changes: readonly Partial<Block['header']>[] = [
      { stateRoot: zero },
      { receiptsRoot: zero },
      { transactionCount: 1 },
      { timeMs: GENESIS.timeMs },
      { height: 2 as never },
      { parentId: zero }
    ]
    for (const change of changes)
      assert.not(await keeper.execute({ ...good, header: { ...header, ...change } }))
    const unheld = signBatch([device.message(99)])
    assert.not(await keeper.execute({ ...good, batches: [unheld.reference] }))
    assert.ok(await keeper.execute(good))
    assert.is(keeper.tip.height, 0, 'execution alone moves nothing')
  })
)

test(
  'a proposal is later than its parent, whatever the clock says',
  withDatabase(async (database) => {
    const keeper = await openKeeper(database)
    const block = await keeper.build({
      epoch: keeper.floor.epoch,
      view: 1 as View,
      parentView: 0 as View,
      parentId: keeper.tip.blockId,
      batches: [],
      timeMs: 5
    })
    assert.is(block?.header.timeMs, GENESIS.timeMs + 1)
    assert.is(
      await keeper.build({
        epoch: keeper.floor.epoch,
        view: 1 as View,
        parentView: 0 as View,
        parentId: 'ab'.repeat(32) as BlockId,
        batches: [],
        timeMs: 5
      }),
      null
    )
  })
)

test(
  'after reopening everything is as it was committed',
  withDatabase(async (database, reopenIt) => {
    const keeper = await openKeeper(database)
    const blocks = await grow(keeper, 3)
    const again = await openKeeper(await reopenIt())
    assert.is(root(again), root(keeper))
    assert.is(again.tip.blockId, keeper.tip.blockId)
    assert.equal([again.floor.height, again.floor.view], [3, 3])
    assert.equal(again.floor.finalisation, certify('finalise', blocks[2] as Block))
  })
)

test(
  'a final block is found by height and id, and its transactions by theirs',
  withDatabase(async (database) => {
    const keeper = await openKeeper(database)
    const [block] = (await grow(keeper, 1)) as [Block]
    const stored = readStoredBlock(database, 1)
    assert.is(stored?.block.id, block.id)
    assert.is(toHex(stored?.blockBytes ?? new Uint8Array(0)), toHex(encodeBlock(block)))
    assert.equal(stored?.finalisation, certify('finalise', block))
    assert.equal(stored?.outcomes, [
      { outcome: 'refused', code: 'DEVICE_UNKNOWN' },
      { outcome: 'refused', code: 'DEVICE_UNKNOWN' }
    ])
    assert.is(toHex(database.getSync(heightOfBlockKey(block.idBytes)) ?? new Uint8Array(0)), '01')
    const { id } = judgedTransaction(device.message(11))
    assert.is(toHex(database.getSync(transactionKey(id)) ?? new Uint8Array(0)), '820101')
  })
)

test(
  'blocks that one finalisation covers are committed together, and only the last one names it',
  withDatabase(async (database, reopenIt) => {
    const keeper = await openKeeper(database)
    const genesis = { blockId: keeper.tip.blockId, view: 0 }
    const first = await build(keeper, genesis, [BATCHES[0] as TestBatch])
    const second = await build(keeper, placeOf(first), [BATCHES[1] as TestBatch])
    const rival = await build(keeper, genesis, [BATCHES[2] as TestBatch])
    assert.is(keeper.head.height, 2)
    const committed = await keeper.commit([first.id, second.id], certify('finalise', second))
    assert.equal(
      committed.map(({ block, finalisation }) => [block.id, finalisation !== null]),
      [
        [first.id, false],
        [second.id, true]
      ]
    )
    assert.is(keeper.entry(rival.id), undefined, 'what lost is forgotten')
    const again = await openKeeper(await reopenIt())
    assert.is(root(again), root(keeper))
  })
)

test(
  'a start between two blocks of one commit stands at the first, and goes on from there',
  withDatabase(async (database, reopenIt) => {
    const keeper = await openKeeper(database)
    const genesis = { blockId: keeper.tip.blockId, view: 0 }
    const first = await build(keeper, genesis, [BATCHES[0] as TestBatch])
    const second = await build(keeper, placeOf(first), [BATCHES[1] as TestBatch])
    // What lies on disk when the second one was not written any more.
    await keeper.commit([first.id], certify('finalise', second))
    const again = await openKeeper(await reopenIt())
    assert.equal([again.tip.height, again.tip.blockId], [1, first.id])
    assert.is(again.floor.finalisation, null)
    assert.ok(await again.execute(second))
    await again.commit([second.id], certify('finalise', second))
    assert.is(again.tip.blockId, second.id)
  })
)

const DAMAGES: readonly (readonly [what: string, damage: (database: Database) => Promise<void>])[] =
  [
    [
      'a leaf of the state tree that says something else',
      async (database) => {
        const batch = database.createBatch()
        const leaf = database.getSync(treeLeafKey(1)) ?? new Uint8Array(96)
        batch.put(treeLeafKey(1), Uint8Array.of(...leaf.subarray(0, 95), (leaf[95] ?? 0) ^ 1))
        await batch.write({ sync: true })
      }
    ],
    [
      'a leaf that is gone',
      async (database) => {
        const batch = database.createBatch()
        batch.delete(treeLeafKey(2))
        await batch.write({ sync: true })
      }
    ],
    [
      'a last block that is gone',
      async (database) => {
        const batch = database.createBatch()
        batch.delete(blockKey(2))
        await batch.write({ sync: true })
      }
    ]
  ]

for (const [what, damage] of DAMAGES)
  test(
    `${what} is never served: the start says STORAGE_DAMAGED`,
    withDatabase(async (database, reopenIt) => {
      await grow(await openKeeper(database), 2)
      await damage(database)
      const error = await codedError(openLedger(await reopenIt(), GENESIS))
      assert.is(error.code, 'STORAGE_DAMAGED')
      assert.match(error.message, 'ledger')
    })
  )

test.run()
