/**
 * Stateless faults: what is wrong with a transaction whatever the ledger holds.
 *
 * They are judged before a batch is made; a batch that carries one is evidence
 * against its author.
 *
 * @see SPEC.md §3.5 Fault codes
 * @module
 */

/** The rule of its bytes that a transaction breaks. */
export type StatelessFault =
  | 'ENCODING_NOT_CANONICAL'
  | 'SHAPE_WRONG'
  | 'KIND_UNKNOWN'
  | 'TRANSACTION_TOO_LARGE'
  | 'KEY_WEAK'
  | 'SIGNATURE_INVALID'
  | 'SIGNATURES_WRONG'
  | 'CONTENT_MISMATCH'
  | 'BATCH_PRIORITY_WRONG'

/** Every stateless fault, in the order in which the rules are judged. */
export const STATELESS_FAULTS: readonly StatelessFault[] = [
  'TRANSACTION_TOO_LARGE',
  'ENCODING_NOT_CANONICAL',
  'SHAPE_WRONG',
  'KIND_UNKNOWN',
  'CONTENT_MISMATCH',
  'SIGNATURES_WRONG',
  'KEY_WEAK',
  'SIGNATURE_INVALID',
  'BATCH_PRIORITY_WRONG'
]
