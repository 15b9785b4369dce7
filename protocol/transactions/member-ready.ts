/**
 * member-ready: a member shows the vote key of the coming epoch, as it committed to it.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'

/** A member-ready, field by field. */
export interface MemberReady extends MemberPrefix {
  readonly kind: 'member-ready'
  /** The coming epoch. */
  readonly epoch: number
  readonly voteKey: Uint8Array
  /** Key hash of the vote key after that. */
  readonly nextVoteKeyHash: Uint8Array
}

/** The wire number of the kind. */
export const MEMBER_READY_KIND = 61

const fields = tuple(...memberPrefixShapes(MEMBER_READY_KIND), uint(), bytes(32), bytes(32))

/** Reads the body of a member-ready. */
export const readMemberReady: Shape<MemberReady> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, epoch, voteKey, nextVoteKeyHash] = read
  return { kind: 'member-ready', memberId, memberSequence, epoch, voteKey, nextVoteKeyHash }
}

/** The body of a member-ready, ready to be signed by identity and vote key. */
export function encodeMemberReady(act: Omit<MemberReady, 'kind'>): Uint8Array {
  return encodeCbor([
    MEMBER_READY_KIND,
    act.memberId,
    act.memberSequence,
    act.epoch,
    act.voteKey,
    act.nextVoteKeyHash
  ])
}
