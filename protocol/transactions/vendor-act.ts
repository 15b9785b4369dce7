/**
 * The prefix that every act of a maker shares.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { bytes, list, type Shape, uint } from '../codec/shape.ts'

/** Most keys that a vendor holds. */
export const VENDOR_KEYS_MAX = 5

/** Who acts, in which order, and with which of its keys. */
export interface VendorPrefix {
  readonly vendorId: Uint8Array
  /** Greater than in any act of this vendor before. */
  readonly vendorSequence: number
  /** Ascending indices into the vendor's keys. */
  readonly signers: readonly number[]
}

const indexList = list(uint(VENDOR_KEYS_MAX - 1), VENDOR_KEYS_MAX, 1)

/** Ascending, distinct indices of signers. */
const readSigners: Shape<readonly number[]> = (value) => {
  const read = indexList(value)
  const ascending = read?.every(
    (index, position) => position === 0 || (read[position - 1] as number) < index
  )
  return ascending === true ? read : undefined
}

/** The shapes of positions 0 to 3 of a maker's act. */
export function vendorPrefixShapes(
  kind: number
): readonly [Shape<number>, Shape<Uint8Array>, Shape<number>, Shape<readonly number[]>] {
  return [uint(kind, kind), bytes(32), uint(), readSigners]
}
