/**
 * The prefix that every act of a member shares.
 *
 * @see SPEC.md §5.3 Members
 * @module
 */

import { bytes, list, type Shape, text, uint } from '../codec/shape.ts'

/** Who acts, and in which order. */
export interface MemberPrefix {
  /** Ed25519 identity key: 32 bytes. It signs the act. */
  readonly memberId: Uint8Array
  /** Greater than in any act of this member before. */
  readonly memberSequence: number
}

/** Certificates of one application or renewal, and the bytes of each, at most. */
export const MEMBER_PROOFS_MAX = 4
const PROOF_BYTES_MAX = 2048

/** The shapes of positions 0 to 2 of a member's act. */
export function memberPrefixShapes(
  kind: number
): readonly [Shape<number>, Shape<Uint8Array>, Shape<number>] {
  return [uint(kind, kind), bytes(32), uint()]
}

/** A region's name, as the network lists it. */
export const regionShape: Shape<string> = text(64)
/** The addresses at which a member is reached. */
export const endpointsShape: Shape<readonly string[]> = list(text(128), 4)
/** X.509 certificates in DER, the member's own first, each signed by the next. */
export const proofsShape: Shape<readonly Uint8Array[]> = list(proof, MEMBER_PROOFS_MAX)

function proof(value: Parameters<Shape<Uint8Array>>[0]): Uint8Array | undefined {
  const isProof = value instanceof Uint8Array && value.length > 0
  return isProof && value.length <= PROOF_BYTES_MAX ? value : undefined
}
