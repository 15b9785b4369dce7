/**
 * Limits: every bound of the wire and of the core, in one table.
 *
 * @see SPEC.md §1.6 Limits
 * @module
 */

import { invariant } from './invariant.ts'

/** The version of the rules that this program knows, and that a new network starts with. */
export const PROTOCOL_VERSION = 1
/** Largest transaction, but for the kinds that carry evidence. */
export const TRANSACTION_SIZE_MAX_BYTES = 16_384
/** Largest transaction of an evidence kind. */
export const EVIDENCE_SIZE_MAX_BYTES = 65_536
/** Largest content that a device message carries by itself. */
export const CONTENT_SIZE_MAX_BYTES = 8_192
/** Most transactions in one batch. */
export const BATCH_TRANSACTIONS_MAX = 1_024
/** Largest sum of transaction bytes in one batch. */
export const BATCH_SIZE_MAX_BYTES = 65_536
/** Largest encoded batch: transactions, their heads, header and signature. */
export const BATCH_ENCODED_MAX_BYTES = 81_920
/** Most batches in one block. */
export const BLOCK_BATCHES_MAX = 512
/** Blocks that are no larger than this carry their batches in the proposal. */
export const PROPOSAL_INLINE_MAX_BYTES = 16_384
/** Largest certificate, at a hundred members and more. */
export const CERTIFICATE_SIZE_MAX_BYTES = 65_536
/** Most members of an electorate. */
export const MEMBERS_MAX = 512
/** Largest total weight of an electorate. */
export const WEIGHT_TOTAL_MAX = 10_000
/** Blocks that may stand between the last final block and a proposal before only empty ones follow. */
export const UNFINALISED_MAX = 32
/** Views ahead of the last final one that a node keeps records of. */
export const VIEWS_AHEAD_MAX = 4_096
/** Leaves of one vendor's birth batch. */
export const BIRTHS_MAX = 1_048_576
/** Largest rate per hour that a bucket is computed with: keeps its arithmetic below 2^53. */
export const RATE_PER_HOUR_MAX = 10_000_000

invariant(EVIDENCE_SIZE_MAX_BYTES <= BATCH_SIZE_MAX_BYTES, 'every transaction fits into a batch')
invariant(
  RATE_PER_HOUR_MAX * 86_400_000 <= Number.MAX_SAFE_INTEGER,
  'bucket arithmetic stays exact over a day'
)
