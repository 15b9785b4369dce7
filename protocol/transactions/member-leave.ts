/**
 * member-leave: a member gives its seat up, or its operator does with the recovery key.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, nullable, type Shape, tuple } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'

/** A member-leave, field by field. */
export interface MemberLeave extends MemberPrefix {
  readonly kind: 'member-leave'
  /** Where the node's own key is stolen: the recovery key, which signs instead. Null otherwise. */
  readonly recoveryKey: Uint8Array | null
}

/** The wire number of the kind. */
export const MEMBER_LEAVE_KIND = 63

const fields = tuple(...memberPrefixShapes(MEMBER_LEAVE_KIND), nullable(bytes(32)))

/** Reads the body of a member-leave; by the recovery key its sequence is 0. */
export const readMemberLeave: Shape<MemberLeave> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, recoveryKey] = read
  if (recoveryKey !== null && memberSequence !== 0) return undefined
  return { kind: 'member-leave', memberId, memberSequence, recoveryKey }
}

/** The body of a member-leave, ready to be signed. */
export function encodeMemberLeave(act: Omit<MemberLeave, 'kind'>): Uint8Array {
  return encodeCbor([MEMBER_LEAVE_KIND, act.memberId, act.memberSequence, act.recoveryKey])
}
