/**
 * The ledger builder: a complete new ledger from a whole snapshot, beside the one in use.
 *
 * It is built while the node runs. What the old ledger alone knows, above all the bodies of blocks
 * that this node voted for, is copied when the node has stopped; the floor is written last, in one
 * synced write. The vote log is left alone.
 *
 * @module
 */

import {
  type BlockHeader,
  createBlock,
  decodeBlockHeader,
  decodeElectorate,
  decodeValueChunk,
  type Electorate,
  electorates,
  encodeBlock,
  encodeCbor,
  epochKey,
  invariant,
  RUN_LEAVES,
  type SnapshotManifest,
  toHex
} from '../../protocol/index.ts'
import { NodeError } from '../errors.ts'
import {
  ALL_EVIDENCE,
  ALL_STRAYS,
  BATCHES_FROM_KEY,
  BLOCKS_FROM_KEY,
  BODIES,
  batchKey,
  blockKey,
  heightOfBlockKey,
  PENDING_BATCHES,
  stateValueKey,
  treeLeafKey
} from '../ledger/keyspace.ts'
import { floorAfter, putFloor } from '../ledger/open-ledger.ts'
import { encodeStoredBlock } from '../ledger/stored-block.ts'
import { readIfWhole } from '../storage/damaged-record.ts'
import type { Batch, Database } from '../storage/database.ts'
import type { KeyBounds } from '../storage/key-range.ts'
import type { FollowedSeal } from '../sync/seal-follower.ts'
import type { PartName, SnapshotFolder } from './snapshot-folder.ts'

const LEAF_BYTES = 96

/** A snapshot whose parts were all judged. */
export interface WholeSnapshot {
  readonly manifest: SnapshotManifest
  readonly folder: SnapshotFolder
}

/**
 * Writes the state of a snapshot into an empty ledger.
 *
 * @returns false when the work was given up
 * @throws NodeError STORAGE_DAMAGED, DISK_FULL or DISK_WRITE_FAILED
 */
export async function buildState(
  ledger: Database,
  { manifest, folder }: WholeSnapshot,
  ports: { readonly pause: () => Promise<void>; readonly isStopped: () => boolean }
): Promise<boolean> {
  for (let index = 0; index < manifest.runRoots.length; index++) {
    if (ports.isStopped()) return false
    const run = await requirePart(folder, { kind: 'leaves', index })
    const batch = ledger.createBatch()
    for (let leaf = 0; leaf * LEAF_BYTES < run.length; leaf++) {
      const start = leaf * LEAF_BYTES
      batch.put(treeLeafKey(index * RUN_LEAVES + leaf), run.subarray(start, start + LEAF_BYTES))
    }
    await batch.write({ sync: false })
    await ports.pause()
  }
  for (let index = 0; index < manifest.valueChunks.length; index++) {
    if (ports.isStopped()) return false
    const records = decodeValueChunk(await requirePart(folder, { kind: 'values', index }))
    if (records === undefined) throw damaged(folder, { kind: 'values', index })
    const batch = ledger.createBatch()
    for (const { table, key, value } of records) batch.put(stateValueKey(table, key), value)
    await batch.write({ sync: false })
    await ports.pause()
  }
  return true
}

/** What the new ledger is completed from, beside the snapshot. */
export interface EarlierLedger {
  /** The ledger in use, whose node has stopped. */
  readonly old: Database
  /** Genuine seals of epochs that ended after it, by which others are led on. */
  readonly seals: readonly FollowedSeal[]
}

/**
 * Makes the new ledger complete: the block, what the old ledger alone knows, the seals, and at last
 * the floor.
 *
 * @throws NodeError STORAGE_DAMAGED, DISK_FULL or DISK_WRITE_FAILED
 */
export async function completeLedger(
  ledger: Database,
  manifest: SnapshotManifest,
  { old, seals }: EarlierLedger
): Promise<void> {
  await copyRange(old, ledger, BODIES)
  await copyRange(old, ledger, ALL_EVIDENCE)
  await copyRange(old, ledger, ALL_STRAYS)
  await copyRange(old, ledger, PENDING_BATCHES)
  for await (const { entries } of old.scan(PENDING_BATCHES)) {
    const batch = ledger.createBatch()
    for (const [key] of entries) copyOne(old, batch, batchKey(toHex(key.subarray(1))))
    await batch.write({ sync: false })
  }
  const { block, descendants } = manifest
  await copySeals(old, ledger)
  await writeSeals(ledger, seals, block.header.height)
  const { height } = block.header
  // It is about the block itself only where that was finalised directly.
  const finalisation = descendants.length === 0 ? manifest.finalisation : null
  const batch = ledger.createBatch()
  const stored = { block, blockBytes: encodeBlock(block), finalisation, outcomes: [] }
  batch.put(blockKey(height), encodeStoredBlock(stored))
  batch.put(heightOfBlockKey(block.idBytes), encodeCbor(height))
  batch.put(BLOCKS_FROM_KEY, encodeCbor(height))
  batch.put(BATCHES_FROM_KEY, encodeCbor(height + 1))
  const electorate = electorateAfter(ledger, block.header)
  putFloor(batch, floorAfter(block.header, { electorate, finalisation }))
  await batch.write({ sync: true })
}

/** Whoever is seated after a block, as the state that was built says. */
function electorateAfter(ledger: Database, { epoch, seal }: BlockHeader): Electorate {
  const key = stateValueKey(electorates.number, epochKey(seal === null ? epoch : epoch + 1))
  const value = ledger.getSync(key)
  const record = value && electorates.decode(value)
  const electorate = record && decodeElectorate(record.electorateBytes)
  if (electorate !== undefined) return electorate
  throw new NodeError('STORAGE_DAMAGED', `${ledger.path}: the state has no electorate in force`)
}

/** Whoever follows the electorates from genesis on needs every seal, however old. */
async function copySeals(from: Database, to: Database): Promise<void> {
  const batch = to.createBatch()
  for (let epoch = 1; ; epoch++) {
    const key = stateValueKey(electorates.number, epochKey(epoch))
    const value = readIfWhole(() => from.getSync(key))
    if (value === undefined) break
    copyOne(from, batch, blockKey(electorates.decode(value).sinceHeight))
  }
  await batch.write({ sync: false })
}

/** A sealing block has no batches, so its header is all of it. */
async function writeSeals(
  ledger: Database,
  seals: readonly FollowedSeal[],
  below: number
): Promise<void> {
  const batch = ledger.createBatch()
  for (const { headerBytes, finalisation } of seals) {
    const header = decodeBlockHeader(headerBytes)
    invariant(header !== undefined, 'seals that were followed are well formed')
    // What is above comes with the blocks.
    if (header.height >= below) break
    const block = createBlock(header, [])
    const stored = { block, blockBytes: encodeBlock(block), finalisation, outcomes: [] }
    batch.put(blockKey(header.height), encodeStoredBlock(stored))
  }
  await batch.write({ sync: false })
}

async function copyRange(from: Database, to: Database, range: KeyBounds): Promise<void> {
  // What is damaged there can be had again or is of no use: the new ledger is no worse without it.
  for await (const { entries } of from.scan(range)) {
    const batch = to.createBatch()
    for (const [key, payload] of entries) batch.put(key, payload)
    await batch.write({ sync: false })
  }
}

function copyOne(from: Database, batch: Batch, key: Uint8Array): void {
  const payload = readIfWhole(() => from.getSync(key))
  if (payload !== undefined) batch.put(key, payload)
}

async function requirePart(folder: SnapshotFolder, part: PartName): Promise<Uint8Array> {
  const bytes = await folder.readPart(part)
  if (bytes === undefined) throw damaged(folder, part)
  return bytes
}

function damaged(folder: SnapshotFolder, { kind, index }: PartName): NodeError {
  return new NodeError(
    'STORAGE_DAMAGED',
    `${folder.path}: part ${kind} ${index} is not as it was written`
  )
}
