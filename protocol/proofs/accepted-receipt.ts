/**
 * Accepted receipts: a member's signed word that it carries a transaction.
 *
 * The word is the header of the member's batch, signed once for all that is in
 * it, and the path of the transaction in it. It promises to carry, no more: what
 * became of the transaction is proved by a receipt.
 *
 * @see SPEC.md §10.4 Accepted receipts
 * @module
 */

import { type BatchHeader, decodeBatchHeader, isBatchSigned } from '../blocks/batch.ts'
import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, list, type Shape, tuple, uint } from '../codec/shape.ts'
import { type CoseSignature, coseFromFields, coseToFields } from '../crypto/cose.ts'
import { isInList } from '../crypto/merkle.ts'
import { toHex } from '../foundation/bytes.ts'
import { BATCH_TRANSACTIONS_MAX } from '../foundation/limits.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import type { Electorate } from '../membership/electorate.ts'
import { type Transaction, transactionLeaf } from '../transactions/transaction.ts'

/** The place of a transaction in a member's signed batch. */
export interface AcceptedReceipt {
  readonly headerBytes: Uint8Array
  readonly signature: CoseSignature
  /** Its place among the batch's transactions. */
  readonly index: number
  readonly path: readonly Uint8Array[]
}

/** What an accepted receipt can get wrong. */
export type AcceptedReceiptFault =
  | 'ACCEPTED_RECEIPT_MALFORMED'
  | 'BATCH_AUTHOR_UNKNOWN'
  | 'BATCH_SIGNATURE_FORGED'
  | 'ACCEPTED_RECEIPT_PATH_WRONG'

/** The number that opens an encoded accepted receipt. */
export const ACCEPTED_RECEIPT_FORMAT = 3

/** The longest path in a full batch. */
const PATH_MAX = 10

const readCose: Shape<CoseSignature> = coseFromFields

const fields = tuple(
  uint(ACCEPTED_RECEIPT_FORMAT, ACCEPTED_RECEIPT_FORMAT),
  bytesBetween(1, 256),
  readCose,
  uint(BATCH_TRANSACTIONS_MAX - 1),
  list(bytes(32), PATH_MAX)
)

/** The wire form of an accepted receipt. */
export function encodeAcceptedReceipt(receipt: AcceptedReceipt): Uint8Array {
  const value: CborValue = [
    ACCEPTED_RECEIPT_FORMAT,
    receipt.headerBytes,
    coseToFields(receipt.signature),
    receipt.index,
    receipt.path
  ]
  return encodeCbor(value)
}

/** Reads an accepted receipt; undefined when the bytes are no canonical one. */
export function decodeAcceptedReceipt(encoded: Uint8Array): AcceptedReceipt | undefined {
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [, headerBytes, signature, index, path] = read
  return { headerBytes, signature, index, path }
}

/**
 * Judges an accepted receipt: signed by a member, over a batch that holds every byte of this transaction.
 *
 * @param receipt     - untrusted
 * @param transaction - the one that was handed in, signatures and attachment included
 */
export function judgeAcceptedReceipt(
  receipt: AcceptedReceipt,
  transaction: Pick<Transaction, 'id' | 'wire'>,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<AcceptedReceiptFault, BatchHeader> {
  const { headerBytes, signature, index, path } = receipt
  const header = decodeBatchHeader(headerBytes)
  if (header === undefined) return reject('ACCEPTED_RECEIPT_MALFORMED')
  if (!trusted.electorate.indexOf.has(toHex(header.author))) return reject('BATCH_AUTHOR_UNKNOWN')
  if (!isBatchSigned(trusted.networkTag, { header, headerBytes, signature }))
    return reject('BATCH_SIGNATURE_FORGED')
  const place = { index, count: header.count, path }
  return isInList(transactionLeaf(transaction), place, header.transactionsRoot)
    ? acceptAs(header)
    : reject('ACCEPTED_RECEIPT_PATH_WRONG')
}
