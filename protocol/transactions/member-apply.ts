/**
 * member-apply: a node asks for a seat.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import { endpointsShape, proofsShape, regionShape } from './member-act.ts'

/** A member-apply, field by field. */
export interface MemberApply {
  readonly kind: 'member-apply'
  /** Ed25519 identity key of the applicant. */
  readonly memberId: Uint8Array
  /** The vote key that it would begin with. */
  readonly voteKey: Uint8Array
  /** Key hash of the vote key after that. */
  readonly nextVoteKeyHash: Uint8Array
  /** Key hash of the key that may give the seat up when the node's own key is stolen. */
  readonly recoveryKeyHash: Uint8Array
  readonly operatorId: Uint8Array
  readonly region: string
  readonly endpoints: readonly string[]
  /** Hash of the software that the node runs. */
  readonly softwareHash: Uint8Array
  readonly proofs: readonly Uint8Array[]
}

/** The wire number of the kind. */
export const MEMBER_APPLY_KIND = 60

const fields = tuple(
  uint(MEMBER_APPLY_KIND, MEMBER_APPLY_KIND),
  bytes(32),
  bytes(32),
  bytes(32),
  bytes(32),
  bytes(16),
  regionShape,
  endpointsShape,
  bytes(32),
  proofsShape
)

/** Reads the body of a member-apply. */
export const readMemberApply: Shape<MemberApply> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return {
    kind: 'member-apply',
    memberId: read[1],
    voteKey: read[2],
    nextVoteKeyHash: read[3],
    recoveryKeyHash: read[4],
    operatorId: read[5],
    region: read[6],
    endpoints: read[7],
    softwareHash: read[8],
    proofs: read[9]
  }
}

/** The body of a member-apply, ready to be signed by identity and vote key. */
export function encodeMemberApply(act: Omit<MemberApply, 'kind'>): Uint8Array {
  return encodeCbor([
    MEMBER_APPLY_KIND,
    act.memberId,
    act.voteKey,
    act.nextVoteKeyHash,
    act.recoveryKeyHash,
    act.operatorId,
    act.region,
    act.endpoints,
    act.softwareHash,
    act.proofs
  ])
}
