/**
 * member-evidence: what a member signed and no honest one ever signs.
 *
 * Nobody signs it: the items prove themselves.
 *
 * @see SPEC.md §5.5 Evidence against members
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { EVIDENCE_SIZE_MAX_BYTES } from '../foundation/limits.ts'

/** What was done, with its number. */
export const MEMBER_OFFENCES: {
  readonly twoProposals: 1
  readonly twoNotarise: 2
  readonly twoFinalise: 3
  readonly nullifyAndFinalise: 4
  readonly faultyBatch: 5
} = { twoProposals: 1, twoNotarise: 2, twoFinalise: 3, nullifyAndFinalise: 4, faultyBatch: 5 }

/** A member-evidence, field by field. */
export interface MemberEvidence {
  readonly kind: 'member-evidence'
  /** One of {@link MEMBER_OFFENCES}. */
  readonly offence: number
  readonly accusedMemberId: Uint8Array
  /** The epoch of the votes. */
  readonly epoch: number
  /** Types 1 to 4: a vote message. Type 5: a batch header with its signature. */
  readonly itemA: Uint8Array
  /** Types 1 to 4: the vote that contradicts it. Type 5: the faulty transaction. */
  readonly itemB: Uint8Array | null
  /** Type 5: the path of the transaction in its batch; null otherwise. */
  readonly proof: Uint8Array | null
}

/** The wire number of the kind. */
export const MEMBER_EVIDENCE_KIND = 69

const item = bytesBetween(1, EVIDENCE_SIZE_MAX_BYTES)
const fields = tuple(
  uint(MEMBER_EVIDENCE_KIND, MEMBER_EVIDENCE_KIND),
  uint(5, 1),
  bytes(32),
  uint(),
  item,
  nullable(item),
  nullable(item)
)

/** Reads the body of a member-evidence. */
export const readMemberEvidence: Shape<MemberEvidence> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, offence, accusedMemberId, epoch, itemA, itemB, proof] = read
  return { kind: 'member-evidence', offence, accusedMemberId, epoch, itemA, itemB, proof }
}

/** The body of a member-evidence; it carries no signature. */
export function encodeMemberEvidence(act: Omit<MemberEvidence, 'kind'>): Uint8Array {
  return encodeCbor([
    MEMBER_EVIDENCE_KIND,
    act.offence,
    act.accusedMemberId,
    act.epoch,
    act.itemA,
    act.itemB,
    act.proof
  ])
}
