/**
 * Blocks: a header with roots before and after, and the list of batches it orders.
 *
 * The id is the hash of the header and is never rewritten: no certificate, no
 * signer subset and no inlined batch changes it.
 *
 * @see SPEC.md §8.2 Blocks
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { listRoot } from '../crypto/merkle.ts'
import { equalBytes, toHex } from '../foundation/bytes.ts'
import { BATCH_SIZE_MAX_BYTES, BLOCK_BATCHES_MAX, MEMBERS_MAX } from '../foundation/limits.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate } from '../membership/electorate.ts'
import type { BatchId, BlockId, Epoch, Height, View } from '../types.ts'
import { type BatchHeader, batchIdOf, decodeBatchHeader } from './batch.ts'

/** The only format there is. */
export const BLOCK_FORMAT = 1

/** A block header. */
export interface BlockHeader {
  readonly format: number
  readonly networkTag: Uint8Array
  readonly epoch: Epoch
  readonly view: View
  readonly parentId: Uint8Array
  readonly parentView: View
  readonly height: Height
  readonly timeMs: number
  readonly batchListRoot: Uint8Array
  /** Root of the state tree after this block. */
  readonly stateRoot: Uint8Array
  readonly receiptsRoot: Uint8Array
  /** How many leaves the receipts tree has. */
  readonly transactionCount: number
  readonly electorateHash: Uint8Array
  /** Hash of the next electorate in a sealing block; null in all others. */
  readonly seal: Uint8Array | null
}

/** One batch of a block: who authored it, and its header. */
export interface BatchReference {
  readonly authorIndex: number
  readonly headerBytes: Uint8Array
  readonly header: BatchHeader
  readonly id: BatchId
}

/** A header and the list that its `batchListRoot` commits to. */
export interface Block {
  readonly id: BlockId
  readonly idBytes: Uint8Array
  readonly header: BlockHeader
  readonly headerBytes: Uint8Array
  readonly batches: readonly BatchReference[]
}

/** What is wrong with a block by its bytes and its electorate alone. */
export type BlockFault =
  | 'BLOCK_SHAPE_WRONG'
  | 'BLOCK_NETWORK_WRONG'
  | 'BLOCK_ELECTORATE_WRONG'
  | 'BLOCK_BATCH_LIST_WRONG'
  | 'BLOCK_AUTHOR_WRONG'
  | 'BLOCK_TOO_LARGE'
  | 'BLOCK_LANE_TOO_LARGE'
  | 'BLOCK_SEAL_WRONG'

const headerFields = tuple(
  uint(BLOCK_FORMAT, BLOCK_FORMAT),
  bytes(32),
  uint(),
  uint(),
  bytes(32),
  uint(),
  uint(),
  uint(),
  bytes(32),
  bytes(32),
  bytes(32),
  uint(),
  bytes(32),
  nullable(bytes(32))
)

const referenceFields = tuple(uint(MEMBERS_MAX), bytesBetween(1, 256))
const readReference: Shape<BatchReference> = (value) => {
  const read = referenceFields(value)
  const header = read === undefined ? undefined : decodeBatchHeader(read[1])
  if (read === undefined || header === undefined) return undefined
  return { authorIndex: read[0], headerBytes: read[1], header, id: batchIdOf(read[1]) }
}
const blockFields = tuple(bytesBetween(1, 512), list(readReference, BLOCK_BATCHES_MAX))

const hashBlock = createTaggedHash('tm/block/1')

/** The bytes of a block header. */
export function encodeBlockHeader(header: BlockHeader): Uint8Array {
  return encodeCbor([
    header.format,
    header.networkTag,
    header.epoch,
    header.view,
    header.parentId,
    header.parentView,
    header.height,
    header.timeMs,
    header.batchListRoot,
    header.stateRoot,
    header.receiptsRoot,
    header.transactionCount,
    header.electorateHash,
    header.seal
  ])
}

/** Reads a block header; undefined when the bytes are no canonical one. */
export function decodeBlockHeader(encoded: Uint8Array): BlockHeader | undefined {
  const read = headerFields(decodeCbor(encoded))
  if (read === undefined) return undefined
  return {
    format: read[0],
    networkTag: read[1],
    epoch: read[2] as Epoch,
    view: read[3] as View,
    parentId: read[4],
    parentView: read[5] as View,
    height: read[6] as Height,
    timeMs: read[7],
    batchListRoot: read[8],
    stateRoot: read[9],
    receiptsRoot: read[10],
    transactionCount: read[11],
    electorateHash: read[12],
    seal: read[13]
  }
}

/** The id of the block with this header: 32 bytes. */
export function blockIdOf(headerBytes: Uint8Array): Uint8Array {
  return hashBlock(headerBytes)
}

/** Makes a block of a header and its batches. */
export function createBlock(header: BlockHeader, batches: readonly BatchReference[]): Block {
  const headerBytes = encodeBlockHeader(header)
  const idBytes = blockIdOf(headerBytes)
  return { id: toHex(idBytes) as BlockId, idBytes, header, headerBytes, batches }
}

/** The root over a block's list of batches. */
export function batchListRoot(batches: readonly BatchReference[]): Uint8Array {
  return listRoot(batches.map((reference) => encodeCbor(referenceToFields(reference))))
}

/** A reference to a batch whose author sits in the electorate. */
export function createBatchReference(
  headerBytes: Uint8Array,
  header: BatchHeader,
  electorate: Electorate
): BatchReference | undefined {
  const authorIndex = electorate.indexOf.get(toHex(header.author))
  if (authorIndex === undefined) return undefined
  return { authorIndex, headerBytes, header, id: batchIdOf(headerBytes) }
}

/** The wire form of a block: header bytes and list. */
export function encodeBlock(block: Block): Uint8Array {
  return encodeCbor([block.headerBytes, block.batches.map(referenceToFields)])
}

/** Reads a block; undefined when the bytes are no canonical one. */
export function decodeBlock(encoded: Uint8Array): Block | undefined {
  return blockFromFields(decodeCbor(encoded))
}

/** Reads a block from decoded positions. */
export const blockFromFields: Shape<Block> = (value) => {
  const read = blockFields(value)
  const header = read === undefined ? undefined : decodeBlockHeader(read[0])
  if (read === undefined || header === undefined) return undefined
  const [headerBytes, batches] = read
  const idBytes = blockIdOf(headerBytes)
  return { id: toHex(idBytes) as BlockId, idBytes, header, headerBytes, batches }
}

/** Judges everything about a block that needs neither its parent nor its transactions. */
export function judgeBlock(
  block: Block,
  networkTag: Uint8Array,
  electorate: Electorate
): Verdict<BlockFault, Block> {
  const { header, batches } = block
  if (!equalBytes(header.networkTag, networkTag)) return reject('BLOCK_NETWORK_WRONG')
  const isElectorate =
    header.epoch === electorate.epoch && equalBytes(header.electorateHash, electorate.hash)
  if (!isElectorate) return reject('BLOCK_ELECTORATE_WRONG')
  if (header.view < 1 || header.view <= header.parentView || header.height < 1)
    return reject('BLOCK_SHAPE_WRONG')
  if (!equalBytes(batchListRoot(batches), header.batchListRoot))
    return reject('BLOCK_BATCH_LIST_WRONG')
  const isAuthored = batches.every(({ authorIndex, header: { author } }) => {
    const seat = electorate.seats[authorIndex]
    return seat !== undefined && equalBytes(seat.memberId, author)
  })
  if (!isAuthored) return reject('BLOCK_AUTHOR_WRONG')
  // Nothing is carried, readied or voted in a sealing block.
  if (header.seal !== null && batches.length > 0) return reject('BLOCK_SEAL_WRONG')
  const fault = judgeLanes(batches, electorate)
  return fault === undefined ? acceptAs(block) : reject(fault)
}

/**
 * The bytes that one author may fill of a block that is more than half full: one and a half times
 * its equal share, and never less than one full batch.
 */
export function laneBytesMax(electorate: Electorate): number {
  const share = Math.floor(
    (3 * electorate.parameters.blockBytesMax) / (2 * electorate.seats.length)
  )
  return Math.max(share, BATCH_SIZE_MAX_BYTES)
}

function judgeLanes(
  batches: readonly BatchReference[],
  electorate: Electorate
): BlockFault | undefined {
  const { blockBytesMax } = electorate.parameters
  const lanes = new Map<number, number>()
  const ids = new Set<BatchId>()
  let total = 0
  for (const { authorIndex, header, id } of batches) {
    total += header.bytes
    lanes.set(authorIndex, (lanes.get(authorIndex) ?? 0) + header.bytes)
    ids.add(id)
  }
  if (ids.size !== batches.length) return 'BLOCK_BATCH_LIST_WRONG'
  if (total > blockBytesMax) return 'BLOCK_TOO_LARGE'
  if (2 * total <= blockBytesMax) return undefined
  const laneMax = laneBytesMax(electorate)
  return [...lanes.values()].some((bytesOfLane) => bytesOfLane > laneMax)
    ? 'BLOCK_LANE_TOO_LARGE'
    : undefined
}

function referenceToFields({ authorIndex, headerBytes }: BatchReference): CborValue {
  return [authorIndex, headerBytes]
}
