/**
 * motion-withdraw: who opened a motion closes it again.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'

/** A motion-withdraw, field by field. */
export interface MotionWithdraw extends MemberPrefix {
  readonly kind: 'motion-withdraw'
  readonly motionId: Uint8Array
}

/** The wire number of the kind. */
export const MOTION_WITHDRAW_KIND = 66

const fields = tuple(...memberPrefixShapes(MOTION_WITHDRAW_KIND), bytes(32))

/** Reads the body of a motion-withdraw. */
export const readMotionWithdraw: Shape<MotionWithdraw> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, motionId] = read
  return { kind: 'motion-withdraw', memberId, memberSequence, motionId }
}

/** The body of a motion-withdraw, ready to be signed. */
export function encodeMotionWithdraw(act: Omit<MotionWithdraw, 'kind'>): Uint8Array {
  return encodeCbor([MOTION_WITHDRAW_KIND, act.memberId, act.memberSequence, act.motionId])
}
