/**
 * member-renew: a member says that it is still there, where it is reached and what it runs.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple } from '../codec/shape.ts'
import {
  endpointsShape,
  type MemberPrefix,
  memberPrefixShapes,
  proofsShape,
  regionShape
} from './member-act.ts'

/** A member-renew, field by field. */
export interface MemberRenew extends MemberPrefix {
  readonly kind: 'member-renew'
  readonly region: string
  readonly endpoints: readonly string[]
  readonly softwareHash: Uint8Array
  /** Certificates, where the trust model asks for them; else none. */
  readonly proofs: readonly Uint8Array[]
}

/** The wire number of the kind. */
export const MEMBER_RENEW_KIND = 62

const fields = tuple(
  ...memberPrefixShapes(MEMBER_RENEW_KIND),
  regionShape,
  endpointsShape,
  bytes(32),
  proofsShape
)

/** Reads the body of a member-renew. */
export const readMemberRenew: Shape<MemberRenew> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, region, endpoints, softwareHash, proofs] = read
  return { kind: 'member-renew', memberId, memberSequence, region, endpoints, softwareHash, proofs }
}

/** The body of a member-renew, ready to be signed. */
export function encodeMemberRenew(act: Omit<MemberRenew, 'kind'>): Uint8Array {
  return encodeCbor([
    MEMBER_RENEW_KIND,
    act.memberId,
    act.memberSequence,
    act.region,
    act.endpoints,
    act.softwareHash,
    act.proofs
  ])
}
