/**
 * A ledger of many devices without the transactions that would have made it: blocks that write device
 * records, kept by the product's own state, tree and database.
 *
 * @module
 */

import { createHash } from 'node:crypto'
import { putBlockRecords } from '../../node/ledger/block-records.ts'
import { floorAfter, type OpenLedger, openLedger, putFloor } from '../../node/ledger/open-ledger.ts'
import type { Database } from '../../node/storage/database.ts'
import { openDatabase } from '../../node/storage/open-database.ts'
import {
  BLOCK_FORMAT,
  batchListRoot,
  type CommittedLedger,
  commitVersion,
  createBlock,
  type DeviceRecord,
  deriveVersion,
  devices,
  type ExecutedBlock,
  type Height,
  invariant,
  LedgerView,
  listRootOfLeaves,
  type StateLeaf,
  type View,
  versionOfBlock
} from '../../protocol/index.ts'
import { type Founding, found } from '../simulator/world/founding.ts'

/** What one block took, in milliseconds. */
export interface BlockTimes {
  /** Processor time: records are read, changed, encoded and hashed. */
  readonly recordsMs: number
  /** Processor time: the tree's new version, and making it the settled one. */
  readonly treeMs: number
  /** By the clock: one synced write. */
  readonly storeMs: number
  /** The leaves that it changed. */
  readonly leaves: readonly StateLeaf[]
}

/** A ledger of devices. */
export interface StateLedger {
  readonly database: Database
  /** The leaves of the state. */
  readonly leafCount: () => number
  /** Writes a block in which each of these devices is new or has spoken. */
  readonly addBlock: (numbers: readonly number[]) => Promise<BlockTimes>
  readonly close: () => Promise<void>
}

const MEMBERS = 4
const IDENTITY = { uuid: 'state-benchmark', networkId: 'simulated', schemaVersion: 1 }
const HASH = 'sha256'
const BLOCK_PAUSE_MS = 1_000

/** Opens the database alone. */
export function openStateDatabase(path: string, create: boolean): Promise<Database> {
  return openDatabase({ path, identity: IDENTITY, create }, { onWriteFailure: () => undefined })
}

/** Opens the ledger of a database, a new one or one that was kept. */
export async function openStateLedger(database: Database): Promise<StateLedger> {
  const founding = found({
    weights: Array.from({ length: MEMBERS }, () => 1),
    faultModel: 'byzantine'
  })
  const opened = await openLedger(database, founding.genesis)
  let { committed } = opened
  return {
    database,
    leafCount: () => committed.tip.tree.count,
    addBlock: async (numbers) => {
      const added = await addBlock({ database, opened, committed, founding }, numbers)
      committed = added.committed
      return added.times
    },
    close: () => database.close()
  }
}

/** The id of the n-th device. */
export function deviceIdAt(number: number): Uint8Array {
  return hashOf(`device ${number}`)
}

interface Grown {
  readonly database: Database
  readonly opened: OpenLedger
  readonly committed: CommittedLedger
  readonly founding: Founding
}

async function addBlock(
  { database, opened, committed, founding }: Grown,
  numbers: readonly number[]
): Promise<{ readonly times: BlockTimes; readonly committed: CommittedLedger }> {
  const { tip } = committed
  const startMs = processorMs()
  const view = new LedgerView(tip.view)
  for (const number of numbers) {
    const id = deviceIdAt(number)
    const known = view.read(devices, id)
    view.write(devices, id, known === undefined ? newDevice(number) : spoken(known, number))
  }
  const changedValues = view.changedValues()
  const recordsAtMs = processorMs()
  const changes = changedValues.map(({ stateKey, valueHash }) => ({ key: stateKey, valueHash }))
  const tree = deriveVersion(tip.tree, changes)
  const treeAtMs = processorMs()
  const beforeStoreMs = performance.now()
  const entry = entryOf({ tip, view, tree, changedValues, founding })
  const leaves = committed.tree.changedLeaves(tree)
  const batch = database.createBatch()
  putBlockRecords(batch, { entry, leaves, finalisation: null, database })
  const { electorate } = tip
  putFloor(batch, floorAfter(entry.block.header, { electorate, finalisation: null }))
  await batch.write({ sync: true })
  const storeMs = performance.now() - beforeStoreMs
  const storedAtMs = processorMs()
  const next = commitVersion(committed, entry.version)
  opened.values.follow([next.tip.tree])
  const endMs = processorMs()
  const times = {
    recordsMs: recordsAtMs - startMs,
    treeMs: treeAtMs - recordsAtMs + (endMs - storedAtMs),
    storeMs,
    leaves
  }
  return { times, committed: next }
}

/** A block without batches, whose only truth is the state after it. */
function entryOf({
  tip,
  view,
  tree,
  changedValues,
  founding
}: Pick<ExecutedBlock, 'view' | 'tree' | 'changedValues'> & {
  readonly tip: CommittedLedger['tip']
  readonly founding: Founding
}): Parameters<typeof putBlockRecords>[1]['entry'] {
  const { electorate } = tip
  const height = (tip.height + 1) as Height
  const timeMs = tip.timeMs + BLOCK_PAUSE_MS
  const receiptsRoot = listRootOfLeaves([])
  const block = createBlock(
    {
      format: BLOCK_FORMAT,
      networkTag: founding.networkTag,
      epoch: electorate.epoch,
      view: height as number as View,
      parentId: tip.blockIdBytes,
      parentView: tip.height as number as View,
      height,
      timeMs,
      batchListRoot: batchListRoot([]),
      stateRoot: tree.root,
      receiptsRoot,
      transactionCount: 0,
      electorateHash: electorate.hash,
      seal: null
    },
    []
  )
  const executed: ExecutedBlock = {
    view,
    tree,
    height,
    timeMs,
    stateRoot: tree.root,
    receiptsRoot,
    outcomes: [],
    receiptLeaves: [],
    changedValues,
    electorate,
    nextEpoch: null
  }
  return { block, executed, version: versionOfBlock(block, executed), transactions: [] }
}

function newDevice(number: number): DeviceRecord {
  const bucket = { tokens: 1_000, filledAtMs: 1_700_000_000_000 + number }
  return {
    classId: hashOf('class'),
    classVersion: 1,
    birthBatchId: hashOf('births'),
    status: 0,
    lost: 0,
    incarnation: 0,
    sequence: 0,
    headMessageId: hashOf(`head ${number}`),
    signingKeyHash: hashOf(`key ${number}`),
    signingKeyUses: 0,
    dataKeyEpoch: 0,
    dataKeyRaisedAtHeight: 0,
    keyCommitment: null,
    firmware: {
      releaseNumber: 0,
      securityVersion: 0,
      imageDigest: new Uint8Array(32),
      attestLevel: 0,
      atHeight: 0
    },
    draw: null,
    lastAnchorHeight: 0,
    lastTimeMs: 1_700_000_000_000,
    telemetryBucket: bucket,
    controlBucket: bucket,
    evidenceMask: 0,
    suspectUntilMs: 0,
    quarantine: null,
    remediation: null,
    rival: null,
    dataKeyEpochFirst: 0
  }
}

/** What a message of a device changes of its record. */
function spoken(record: DeviceRecord, number: number): DeviceRecord {
  const sequence = record.sequence + 1
  invariant(Number.isSafeInteger(sequence), 'sequences are counted')
  return {
    ...record,
    sequence,
    headMessageId: hashOf(`head ${number} ${sequence}`),
    signingKeyHash: hashOf(`key ${number} ${sequence}`),
    lastTimeMs: record.lastTimeMs + BLOCK_PAUSE_MS
  }
}

/** Of this process so far: what else runs on the machine changes it little. */
export function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

function hashOf(text: string): Uint8Array {
  return new Uint8Array(createHash(HASH).update(text).digest())
}
