/**
 * Outcomes: what became of a transaction in its block. Execution is total, so there always is one.
 *
 * @see SPEC.md §3.3 Outcomes
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'

/** The outcomes by name, with their numbers on the wire. */
export const OUTCOMES: {
  readonly applied: 0
  readonly void: 1
  readonly duplicate: 2
  readonly waits: 3
  readonly refused: 4
} = { applied: 0, void: 1, duplicate: 2, waits: 3, refused: 4 }

/** The name of an outcome. */
export type OutcomeName = keyof typeof OUTCOMES

/** What became of a transaction, with the code of the rule that decided, if one did. */
export interface Outcome {
  readonly outcome: OutcomeName
  readonly code: string | null
}

/** Full effect. */
export const applied: Outcome = { outcome: 'applied', code: null }
/** Already counted; success. */
export const duplicate: Outcome = { outcome: 'duplicate', code: null }

/** The header or reveal counted; content or act had no effect. */
export function voided(code: string): Outcome {
  return { outcome: 'void', code }
}

/** Skipped now, may succeed later. */
export function waits(code: string): Outcome {
  return { outcome: 'waits', code }
}

/** Skipped, can never succeed. */
export function refused(code: string): Outcome {
  return { outcome: 'refused', code }
}

/** Whether the outcome used up a sequence, key or bucket: the first such one is a transaction's status. */
export function isCounting({ outcome }: Outcome): boolean {
  return outcome === 'applied' || outcome === 'void'
}

/** The value of one leaf of the receipts tree: `[transactionId, outcome, code]`. */
export function encodeReceiptLeaf(
  transactionId: Uint8Array,
  { outcome, code }: Outcome
): Uint8Array {
  if (code === null && transactionId.length === 32) {
    // The ordinary leaf, written by hand: one for every transaction of every block.
    const leaf = new Uint8Array(37)
    leaf.set([0x83, 0x58, 0x20])
    leaf.set(transactionId, 3)
    leaf.set([OUTCOMES[outcome], 0xf6], 35)
    return leaf
  }
  return encodeCbor([transactionId, OUTCOMES[outcome], code])
}
