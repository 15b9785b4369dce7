/**
 * Judged batches: what the verification worker says of a batch or of loose transactions.
 *
 * Everything that takes a signature check or a hash is done once, in the worker,
 * for a whole batch at a time; the answer is one flat table, so that nothing is
 * cloned between threads.
 *
 * @module
 */

import { STATELESS_FAULTS, type StatelessFault } from '../../protocol/index.ts'

/** Bytes that a worker says about one transaction: fault, place, id, hash of its leaf. */
export const ROW_BYTES = 73

/** A question to the worker; its bytes are handed over, not copied. */
export type Question =
  | {
      readonly kind: 'batch'
      readonly number: number
      readonly bytes: Uint8Array<ArrayBuffer>
      /** Whether a final block names it, so that a quorum has checked its transactions' signatures. */
      readonly isFinal: boolean
    }
  /** Loose transactions: their bytes joined, and where each ends. */
  | {
      readonly kind: 'transactions'
      readonly number: number
      readonly bytes: Uint8Array<ArrayBuffer>
      readonly ends: Uint32Array<ArrayBuffer>
    }

/** What is wrong with a batch as a whole. */
export type BatchFault =
  | 'BATCH_MALFORMED'
  | 'BATCH_SIGNATURE_WRONG'
  | 'BATCH_ROOT_WRONG'
  | StatelessFault

/** The worker's answer; the bytes come back with it. */
export interface Answer {
  readonly number: number
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly rows: Uint8Array<ArrayBuffer>
  readonly fault: BatchFault | null
}

/** What the worker found about one transaction. */
export interface Row {
  readonly fault: StatelessFault | null
  /** Where its bytes lie in those of the question. */
  readonly start: number
  readonly length: number
  readonly transactionId: Uint8Array
  /** Hash of its leaf in a batch's transactions root. */
  readonly leafHash: Uint8Array
}

/** Writes what was found about one transaction. */
export function writeRow(rows: Uint8Array, index: number, row: Row): void {
  const offset = index * ROW_BYTES
  const view = new DataView(rows.buffer, rows.byteOffset + offset, ROW_BYTES)
  rows[offset] = row.fault === null ? 0 : STATELESS_FAULTS.indexOf(row.fault) + 1
  view.setUint32(1, row.start)
  view.setUint32(5, row.length)
  rows.set(row.transactionId, offset + 9)
  rows.set(row.leafHash, offset + 41)
}

/** Reads what was found about one transaction. */
export function readRow(rows: Uint8Array, index: number): Row {
  const offset = index * ROW_BYTES
  const view = new DataView(rows.buffer, rows.byteOffset + offset, ROW_BYTES)
  const fault = rows[offset] as number
  return {
    fault: fault === 0 ? null : (STATELESS_FAULTS[fault - 1] as StatelessFault),
    start: view.getUint32(1),
    length: view.getUint32(5),
    transactionId: rows.subarray(offset + 9, offset + 41),
    leafHash: rows.subarray(offset + 41, offset + 73)
  }
}
