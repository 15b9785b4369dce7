import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  createBlock,
  type Epoch,
  electorates,
  encodeBlock,
  epochKey
} from '../../protocol/index.ts'
import { blockKey, stateValueKey } from '../ledger/keyspace.ts'
import { encodeStoredBlock, type StoredBlock } from '../ledger/stored-block.ts'
import { create } from '../storage/testing/entries.ts'
import { withFolder } from '../storage/testing/fixtures.ts'
import { GovernedLedger } from '../testing/governed-ledger.ts'
import { GENESIS } from '../testing/small-network.ts'
import { auditLedger, type LedgerAudit } from './ledger-audit.ts'
import { removeRecords, writeRecord } from './testing/looking.ts'

const test = suite('the audit of epochs')

/** Epochs 0 and 1 end at heights 3 and 6; the last block is of epoch 2. */
const SEAL = 3

function withEpochs(run: (ledger: GovernedLedger) => Promise<void>): () => Promise<void> {
  return withFolder(async (folder) => {
    const database = await create(join(folder, 'ledger'))
    const ledger = await GovernedLedger.open(database)
    for (let turn = 0; turn < 2; turn++) {
      await ledger.grow()
      await ledger.turnEpoch()
    }
    await ledger.grow()
    await run(ledger)
    await database.close()
  })
}

function audit({ database }: GovernedLedger, isDeep = false): Promise<LedgerAudit> {
  return auditLedger(database, GENESIS, { isDeep, faultsMax: 100 })
}

async function faultsOf(ledger: GovernedLedger): Promise<readonly string[]> {
  return (await audit(ledger)).faults.map(({ what }) => what)
}

async function replace(
  { database, archive }: GovernedLedger,
  height: number,
  change: (stored: StoredBlock) => Partial<StoredBlock>
): Promise<void> {
  const stored = archive.block(height) as StoredBlock
  const changed = { ...stored, ...change(stored) }
  const blockBytes = encodeBlock(changed.block)
  await writeRecord(database, blockKey(height), encodeStoredBlock({ ...changed, blockBytes }))
}

test(
  'a ledger of three epochs holds, also when all of it is executed anew',
  withEpochs(async (ledger) => {
    for (const isDeep of [false, true]) {
      const { faults, heights, isReplayed } = await audit(ledger, isDeep)
      assert.equal([faults, heights, isReplayed], [[], { from: 0, to: 7 }, isDeep])
    }
    assert.is(ledger.archive.block(SEAL)?.block.header.seal?.length, 32)
  })
)

test(
  'a seal of another electorate than the state holds is named',
  withEpochs(async (ledger) => {
    const seal = new Uint8Array(32).fill(5)
    await replace(ledger, SEAL, ({ block }) => ({
      block: createBlock({ ...block.header, seal }, [])
    }))
    const faults = await faultsOf(ledger)
    assert.ok(faults.includes('block 3: seals another electorate than that of epoch 1'))
  })
)

test(
  'a seal whose electorate is gone is named, and one without its finalisation',
  withEpochs(async (ledger) => {
    await replace(ledger, SEAL, () => ({ finalisation: null }))
    assert.equal(await faultsOf(ledger), ['block 3: is a seal without its finalisation'])
    await removeRecords(ledger.database, [stateValueKey(electorates.number, epochKey(1))])
    const faults = await faultsOf(ledger)
    assert.ok(faults.includes('block 3: seals epoch 0, but the next has no electorate'))
  })
)

test(
  'a block of an epoch that does not follow is named',
  withEpochs(async (ledger) => {
    await replace(ledger, SEAL + 1, ({ block }) => ({
      block: createBlock({ ...block.header, epoch: 0 as Epoch }, block.batches)
    }))
    const faults = await faultsOf(ledger)
    assert.ok(faults.includes('block 4: is of epoch 0, which does not follow'))
  })
)

test.run()
