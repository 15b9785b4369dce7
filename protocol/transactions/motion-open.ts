/**
 * motion-open: a member puts a question to the vote.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { type Shape, tuple, uint } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'
import { type Motion, motionToFields, readMotion } from './motion.ts'

/** A motion-open, field by field. */
export interface MotionOpen extends MemberPrefix {
  readonly kind: 'motion-open'
  readonly motion: Motion
  readonly notAfterMs: number
}

/** The wire number of the kind. */
export const MOTION_OPEN_KIND = 64

const fields = tuple(...memberPrefixShapes(MOTION_OPEN_KIND), uint(255), (value) => value, uint())

/** Reads the body of a motion-open. */
export const readMotionOpen: Shape<MotionOpen> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, type, argument, notAfterMs] = read
  const motion = readMotion([type, argument])
  if (motion === undefined) return undefined
  return { kind: 'motion-open', memberId, memberSequence, motion, notAfterMs }
}

/** The body of a motion-open, ready to be signed. */
export function encodeMotionOpen(act: Omit<MotionOpen, 'kind'>): Uint8Array {
  return encodeCbor([
    MOTION_OPEN_KIND,
    act.memberId,
    act.memberSequence,
    ...motionToFields(act.motion),
    act.notAfterMs
  ])
}
