/**
 * birth-revoke: a maker closes a birth batch of its own; devices that were claimed from it go on.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple } from '../codec/shape.ts'
import { type VendorPrefix, vendorPrefixShapes } from './vendor-act.ts'

/** A birth-revoke, field by field. */
export interface BirthRevoke extends VendorPrefix {
  readonly kind: 'birth-revoke'
  readonly birthBatchId: Uint8Array
}

/** The wire number of the kind. */
export const BIRTH_REVOKE_KIND = 53

const fields = tuple(...vendorPrefixShapes(BIRTH_REVOKE_KIND), bytes(32))

/** Reads the body of a birth-revoke. */
export const readBirthRevoke: Shape<BirthRevoke> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, vendorId, vendorSequence, signers, birthBatchId] = read
  return { kind: 'birth-revoke', vendorId, vendorSequence, signers, birthBatchId }
}

/** The body of a birth-revoke, ready to be signed. */
export function encodeBirthRevoke(act: Omit<BirthRevoke, 'kind'>): Uint8Array {
  const { vendorId, vendorSequence, signers, birthBatchId } = act
  return encodeCbor([BIRTH_REVOKE_KIND, vendorId, vendorSequence, signers, birthBatchId])
}
