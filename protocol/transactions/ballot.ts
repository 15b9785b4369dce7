/**
 * ballot: a member's answer to a motion.
 *
 * @see SPEC.md §5.4 Motions
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import { type MemberPrefix, memberPrefixShapes } from './member-act.ts'

/** What a ballot may say; `none` takes an earlier one back. */
export const BALLOT_CHOICES: { readonly no: 0; readonly yes: 1; readonly none: 2 } = {
  no: 0,
  yes: 1,
  none: 2
}

/** A ballot, field by field. */
export interface Ballot extends MemberPrefix {
  readonly kind: 'ballot'
  readonly motionId: Uint8Array
  /** One of {@link BALLOT_CHOICES}. */
  readonly choice: number
}

/** The wire number of the kind. */
export const BALLOT_KIND = 65

const fields = tuple(...memberPrefixShapes(BALLOT_KIND), bytes(32), uint(2))

/** Reads the body of a ballot. */
export const readBallot: Shape<Ballot> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, memberId, memberSequence, motionId, choice] = read
  return { kind: 'ballot', memberId, memberSequence, motionId, choice }
}

/** The body of a ballot, ready to be signed. */
export function encodeBallot(act: Omit<Ballot, 'kind'>): Uint8Array {
  return encodeCbor([BALLOT_KIND, act.memberId, act.memberSequence, act.motionId, act.choice])
}
