/**
 * Receipts: proof that a transaction is final, and with what outcome.
 *
 * @see SPEC.md §10.2 Receipts
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, list, nullable, text, tuple, uint } from '../codec/shape.ts'
import { isInList } from '../crypto/merkle.ts'
import { acceptAs, reject, type Verdict } from '../foundation/verdict.ts'
import { encodeReceiptLeaf, OUTCOMES, type Outcome, type OutcomeName } from '../ledger/outcome.ts'
import type { Electorate } from '../membership/electorate.ts'
import {
  type FinalHeader,
  type FinalityFault,
  type FinalityProof,
  finalityProofFromFields,
  finalityProofToFields,
  judgeFinality
} from './finality-proof.ts'

/** A transaction's outcome with its way to a final header. */
export interface ReceiptProof {
  readonly transactionId: Uint8Array
  readonly outcome: Outcome
  /** Its place among the block's transactions. */
  readonly index: number
  readonly path: readonly Uint8Array[]
  readonly finality: FinalityProof
}

/** What a receipt can get wrong. */
export type ReceiptFault = FinalityFault | 'RECEIPT_MALFORMED' | 'RECEIPT_PATH_WRONG'

/** The number that opens an encoded receipt. */
export const RECEIPT_FORMAT = 1

const NAMES: readonly OutcomeName[] = ['applied', 'void', 'duplicate', 'waits', 'refused']

const fields = tuple(
  uint(RECEIPT_FORMAT, RECEIPT_FORMAT),
  bytes(32),
  uint(OUTCOMES.refused),
  nullable(text(64)),
  uint(),
  list(bytes(32), 53),
  finalityProofFromFields
)

/** The wire form of a receipt. */
export function encodeReceiptProof(proof: ReceiptProof): Uint8Array {
  const value: CborValue = [
    RECEIPT_FORMAT,
    proof.transactionId,
    OUTCOMES[proof.outcome.outcome],
    proof.outcome.code,
    proof.index,
    proof.path,
    finalityProofToFields(proof.finality)
  ]
  return encodeCbor(value)
}

/** Reads a receipt; undefined when the bytes are no canonical one. */
export function decodeReceiptProof(encoded: Uint8Array): ReceiptProof | undefined {
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [, transactionId, number, code, index, path, finality] = read
  const outcome = { outcome: NAMES[number] as OutcomeName, code }
  return { transactionId, outcome, index, path, finality }
}

/** Judges a receipt: a final header, and the outcome's place under its receipts root. */
export function judgeReceipt(
  proof: ReceiptProof,
  trusted: { readonly networkTag: Uint8Array; readonly electorate: Electorate }
): Verdict<ReceiptFault, FinalHeader> {
  const judged = judgeFinality(proof.finality, trusted)
  if (!judged.ok) return judged
  const { header } = judged.value
  const leaf = encodeReceiptLeaf(proof.transactionId, proof.outcome)
  const place = { index: proof.index, count: header.transactionCount, path: proof.path }
  return isInList(leaf, place, header.receiptsRoot)
    ? acceptAs(judged.value)
    : reject('RECEIPT_PATH_WRONG')
}
