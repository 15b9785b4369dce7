/**
 * Batches: transactions that one member collected, under one signed header.
 *
 * The header commits to every byte of its transactions, signatures and
 * attachments included, so no carrier can spoil a batch in its author's name.
 *
 * @see SPEC.md §8.1 Batches
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type CoseSignature,
  coseFromFields,
  coseToFields,
  encodeSigStructure,
  verifyCose
} from '../crypto/cose.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { ascii, concatBytes, toHex } from '../foundation/bytes.ts'
import {
  BATCH_ENCODED_MAX_BYTES,
  BATCH_SIZE_MAX_BYTES,
  BATCH_TRANSACTIONS_MAX,
  EVIDENCE_SIZE_MAX_BYTES
} from '../foundation/limits.ts'
import type { BatchId, Priority } from '../types.ts'

/** What an author says of a batch. */
export interface BatchHeader {
  /** Member id of the author. */
  readonly author: Uint8Array
  /** Distinct for each batch of an author. */
  readonly authorSequence: number
  readonly priority: Priority
  /** When the author closed it, by its own clock; informative. */
  readonly receivedAtMs: number
  /** The author's last final height when it closed the batch. */
  readonly height: number
  readonly transactionsRoot: Uint8Array
  readonly count: number
  /** Sum of the transactions' bytes. */
  readonly bytes: number
}

/** A batch as it is pushed, gossiped and kept. */
export interface Batch {
  readonly id: BatchId
  readonly header: BatchHeader
  readonly headerBytes: Uint8Array
  readonly signature: CoseSignature
  /** The transactions' own bytes, in order. */
  readonly transactions: readonly Uint8Array[]
}

const headerFields = tuple(
  bytes(32),
  uint(),
  uint(2),
  uint(),
  uint(),
  bytes(32),
  uint(BATCH_TRANSACTIONS_MAX, 1),
  uint(BATCH_SIZE_MAX_BYTES, 1)
)

const readCose: Shape<CoseSignature> = coseFromFields

const batchFields = tuple(
  bytesBetween(1, 256),
  readCose,
  list(bytesBetween(1, EVIDENCE_SIZE_MAX_BYTES), BATCH_TRANSACTIONS_MAX, 1)
)

const hashBatch = createTaggedHash('tm/batch-id/1')
const BATCH_TAG = ascii('tm/batch/1')

/** The bytes of a batch header. */
export function encodeBatchHeader(header: BatchHeader): Uint8Array {
  return encodeCbor([
    header.author,
    header.authorSequence,
    header.priority,
    header.receivedAtMs,
    header.height,
    header.transactionsRoot,
    header.count,
    header.bytes
  ])
}

/** Reads a batch header; undefined when the bytes are no canonical one. */
export function decodeBatchHeader(encoded: Uint8Array): BatchHeader | undefined {
  const read = headerFields(decodeCbor(encoded))
  if (read === undefined) return undefined
  return {
    author: read[0],
    authorSequence: read[1],
    priority: read[2] as Priority,
    receivedAtMs: read[3],
    height: read[4],
    transactionsRoot: read[5],
    count: read[6],
    bytes: read[7]
  }
}

/** The id of the batch with this header. */
export function batchIdOf(headerBytes: Uint8Array): BatchId {
  return toHex(hashBatch(headerBytes)) as BatchId
}

/** The bytes that the author's identity key signs. */
export function batchSigningBytes(networkTag: Uint8Array, headerBytes: Uint8Array): Uint8Array {
  return encodeSigStructure('Ed25519', batchAad(networkTag), headerBytes)
}

/** Whether a batch header was signed by its author. */
export function isBatchSigned(
  networkTag: Uint8Array,
  batch: Pick<Batch, 'header' | 'headerBytes' | 'signature'>
): boolean {
  const signed = { externalAad: batchAad(networkTag), payload: batch.headerBytes }
  return verifyCose(batch.header.author, batch.signature, signed)
}

/** The wire form of a batch. */
export function encodeBatch(batch: Omit<Batch, 'id' | 'header'>): Uint8Array {
  return encodeCbor([batch.headerBytes, coseToFields(batch.signature), batch.transactions])
}

/** The header that stands at the head of an encoded batch, whatever follows; undefined without one. */
export function peekBatchHeader(
  encoded: Uint8Array
): Pick<Batch, 'header' | 'headerBytes'> | undefined {
  const [outer, head, length] = encoded
  // An array of three, then the header: a byte string of 24 to 255 bytes.
  if (outer !== 0x83 || head !== 0x58 || length === undefined) return undefined
  const headerBytes = encoded.slice(3, 3 + length)
  const header = headerBytes.length === length ? decodeBatchHeader(headerBytes) : undefined
  return header && { header, headerBytes }
}

/**
 * Reads a batch: shapes, bounds, and that count and bytes are as its header says.
 * Root, signatures and transactions are judged apart, in a worker.
 */
export function decodeBatch(encoded: Uint8Array): Batch | undefined {
  if (encoded.length > BATCH_ENCODED_MAX_BYTES) return undefined
  const value: CborValue | undefined = decodeCbor(encoded)
  const read = batchFields(value)
  const header = read === undefined ? undefined : decodeBatchHeader(read[0])
  if (read === undefined || header === undefined) return undefined
  const [headerBytes, signature, transactions] = read
  const size = transactions.reduce((sum, { length }) => sum + length, 0)
  if (transactions.length !== header.count || size !== header.bytes) return undefined
  return { id: batchIdOf(headerBytes), header, headerBytes, signature, transactions }
}

function batchAad(networkTag: Uint8Array): Uint8Array {
  return concatBytes(BATCH_TAG, networkTag)
}
