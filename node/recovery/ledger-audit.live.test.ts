import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { encodeBlock, encodeCbor } from '../../protocol/index.ts'
import {
  BATCHES_FROM_KEY,
  BLOCKS_FROM_KEY,
  batchKey,
  blockKey,
  STATE_VALUES,
  transactionKey,
  treeLeafKey
} from '../ledger/keyspace.ts'
import { floorAfter, putFloor } from '../ledger/open-ledger.ts'
import { encodeStoredBlock, type StoredBlock } from '../ledger/stored-block.ts'
import { collect, create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { certify } from '../testing/small-chain.ts'
import { ELECTORATE, GENESIS } from '../testing/small-network.ts'
import { auditLedger, type LedgerAudit } from './ledger-audit.ts'
import { removeRecords, writeRecord } from './testing/looking.ts'
import {
  growLedgers,
  openSmallLedger,
  type SmallLedger,
  smallBlocks
} from './testing/small-ledger.ts'

const test = suite('the audit of a ledger')
const BLOCKS = smallBlocks(5)

function withLedger(run: (ledger: SmallLedger) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const ledger = await openSmallLedger(database, BLOCKS)
    await growLedgers([ledger], BLOCKS)
    await run(ledger)
    await database.close()
  })
}

function audit({ database }: SmallLedger, isDeep = false): Promise<LedgerAudit> {
  return auditLedger(database, GENESIS, { isDeep, faultsMax: 100 })
}

/** Puts another block in the place of the one at a height. */
async function replace(
  { database, archive }: SmallLedger,
  height: number,
  change: (stored: StoredBlock) => Partial<StoredBlock>
): Promise<void> {
  const stored = archive.block(height) as StoredBlock
  const changed = { ...stored, ...change(stored) }
  const blockBytes = encodeBlock(changed.block)
  await writeRecord(database, blockKey(height), encodeStoredBlock({ ...changed, blockBytes }))
}

test(
  'a whole ledger holds, also when all of it is executed anew',
  withLedger(async (ledger) => {
    for (const isDeep of [false, true]) {
      const { faults, heights, blocks, transactions, isReplayed } = await audit(ledger, isDeep)
      assert.equal(faults, [])
      assert.equal([heights, blocks, transactions], [{ from: 0, to: 5 }, 6, 10])
      assert.is(isReplayed, isDeep)
    }
  })
)

test(
  'a ledger that has not begun holds',
  withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const options = { isDeep: true, faultsMax: 1 }
    const { faults, heights } = await auditLedger(database, GENESIS, options)
    assert.equal([faults, heights], [[], null])
    await database.close()
  })
)

test(
  'one whose lowest blocks are gone on purpose holds from there on',
  withLedger(async (ledger) => {
    await removeRecords(ledger.database, [0, 1, 2].map(blockKey))
    await writeRecord(ledger.database, BLOCKS_FROM_KEY, encodeCbor(3))
    await removeRecords(ledger.database, [batchKey(BLOCKS[2]!.batch.id)])
    await writeRecord(ledger.database, BATCHES_FROM_KEY, encodeCbor(4))
    const { faults, heights, isReplayed } = await audit(ledger, true)
    assert.equal([faults, heights, isReplayed], [[], { from: 3, to: 5 }, false])
  })
)

const FAULTS: readonly (readonly [
  name: string,
  spoil: (ledger: SmallLedger) => Promise<void>,
  words: RegExp,
  isCurable: boolean
])[] = [
  [
    'a missing block',
    ({ database }) => removeRecords(database, [blockKey(2)]),
    /^block 2: is missing$/,
    true
  ],
  [
    'the last block missing',
    ({ database }) => removeRecords(database, [blockKey(5)]),
    /^block 5: is missing$/,
    false
  ],
  [
    'a missing batch',
    ({ database }) => removeRecords(database, [batchKey(BLOCKS[1]!.batch.id)]),
    /^block 2, batch [0-9a-f]{16}: is missing$/,
    true
  ],
  [
    'a batch of other bytes',
    ({ database }) => writeRecord(database, batchKey(BLOCKS[1]!.batch.id), BLOCKS[2]!.batch.bytes),
    /^block 2, batch .*: is not the one that its author signed$/,
    false
  ],
  [
    'a transaction without its place',
    ({ database }) => removeRecords(database, [transactionKey(BLOCKS[3]!.transactions[0]!.id)]),
    /^block 4, place of transaction .*: is missing$/,
    true
  ],
  [
    'other outcomes than the receipts say',
    (ledger) =>
      replace(ledger, 3, ({ outcomes }) => ({
        outcomes: outcomes.map(() => ({ outcome: 'applied', code: null }))
      })),
    /^block 3: its receipts have another root/,
    false
  ],
  [
    'a finalisation of another block',
    (ledger) =>
      replace(ledger, 3, () => ({
        finalisation: certify('finalise', ledger.archive.block(2)!.block)
      })),
    /^block 3: its finalisation is not genuine$/,
    false
  ],
  [
    'a block of another height in its place',
    (ledger) => replace(ledger, 3, () => ledger.archive.block(2) as StoredBlock),
    /^block 3: says that it is 2$/,
    false
  ],
  [
    'a floor that is not the last block',
    async ({ database, archive }) => {
      const { block, finalisation } = archive.block(4)!
      const batch = database.createBatch()
      putFloor(batch, {
        ...floorAfter(block.header, { electorate: ELECTORATE, finalisation }),
        height: 5
      })
      await batch.write({ sync: true })
    },
    /^block 5: is not the one that the floor says is final$/,
    false
  ],
  [
    'a missing leaf',
    ({ database }) => removeRecords(database, [treeLeafKey(1)]),
    /^the state tree: leaf 1 is missing$/,
    false
  ],
  [
    'a missing value',
    async ({ database }) => {
      const [first] = await collect(database, STATE_VALUES)
      await removeRecords(database, [first![0]])
    },
    /^the value of leaf \d+: is missing$/,
    true
  ],
  [
    'another value',
    async ({ database }) => {
      const [first] = await collect(database, STATE_VALUES)
      await writeRecord(database, first![0], Uint8Array.of(...first![1], 0))
    },
    /^the value under .*: is not the one that the state tree commits to$/,
    true
  ]
]

for (const [name, spoil, words, isCurable] of FAULTS)
  test(
    `${name} is named first, and whether a running node mends it`,
    withLedger(async (ledger) => {
      await spoil(ledger)
      const { faults } = await audit(ledger)
      assert.match(faults[0]?.what ?? 'nothing was found', words)
      assert.is(faults[0]?.isCurable, isCurable)
      const options = { isDeep: false, faultsMax: 1 }
      assert.is((await auditLedger(ledger.database, GENESIS, options)).faults.length, 1)
    })
  )

test(
  'the ledger of another genesis does not hold',
  withLedger(async ({ database }) => {
    const foreign = { ...GENESIS, timeMs: GENESIS.timeMs + 1 }
    const { faults } = await auditLedger(database, foreign, { isDeep: false, faultsMax: 1 })
    assert.match(faults[0]!.what, /^block 0: is not that of this genesis$/)
  })
)

test.run()
