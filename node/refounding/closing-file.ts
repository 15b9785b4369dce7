/**
 * Closing files: a survivor's closing, with the blocks that led to what it shows as notarised.
 *
 * `[1, closing, [[block, [batch, …]], …]]`, blocks in the order of their heights. The closing is signed;
 * the blocks need not be, for each is named by the one above and the last by a certificate.
 *
 * @module
 */

import {
  BATCH_ENCODED_MAX_BYTES,
  BLOCK_BATCHES_MAX,
  bytesBetween,
  CLOSING_SIZE_MAX_BYTES,
  type Closing,
  decodeCbor,
  decodeClosing,
  encodeCbor,
  encodeClosing,
  list,
  type Shape,
  tuple,
  UNFINALISED_MAX,
  uint
} from '../../protocol/index.ts'

/** A block with its batches, as they lie in a ledger. */
export interface CarriedBlock {
  readonly blockBytes: Uint8Array
  readonly batches: readonly Uint8Array[]
}

/** What one survivor hands to the others. */
export interface ClosingFile {
  readonly closing: Closing
  /** From its last final block, that one left out, up to what it shows; empty where it lacks a part. */
  readonly blocks: readonly CarriedBlock[]
}

const FORMAT = 1
const BLOCK_MAX_BYTES = 2_097_152
/** Somewhat more than can be unfinalised: whoever was behind carries what others had final. */
const BLOCKS_MAX = 4 * UNFINALISED_MAX
/** The size of a closing file, at most. */
export const CLOSING_FILE_MAX_BYTES: number = 256 * 1024 * 1024

const readBlock: Shape<CarriedBlock> = (value) => {
  const read = tuple(
    bytesBetween(1, BLOCK_MAX_BYTES),
    list(bytesBetween(1, BATCH_ENCODED_MAX_BYTES), BLOCK_BATCHES_MAX)
  )(value)
  return read && { blockBytes: read[0], batches: read[1] }
}
const fields = tuple(
  uint(FORMAT, FORMAT),
  bytesBetween(1, CLOSING_SIZE_MAX_BYTES),
  list(readBlock, BLOCKS_MAX)
)

/** The bytes of a closing file. */
export function encodeClosingFile({ closing, blocks }: ClosingFile): Uint8Array {
  return encodeCbor([
    FORMAT,
    encodeClosing(closing),
    blocks.map(({ blockBytes, batches }) => [blockBytes, batches])
  ])
}

/** Reads a closing file from anybody; undefined when it is no whole one. */
export function decodeClosingFile(encoded: Uint8Array): ClosingFile | undefined {
  const read = fields(decodeCbor(encoded))
  const closing = read && decodeClosing(read[1])
  return read && closing && { closing, blocks: read[2] }
}
