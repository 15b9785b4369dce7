/**
 * birth-batch: a maker commits to a number of devices without naming one.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, type Shape, tuple, uint } from '../codec/shape.ts'
import { BIRTHS_MAX } from '../foundation/limits.ts'
import { type VendorPrefix, vendorPrefixShapes } from './vendor-act.ts'

/** A birth-batch, field by field. Its leaves are device ids, shuffled by the maker. */
export interface BirthBatch extends VendorPrefix {
  readonly kind: 'birth-batch'
  readonly classId: Uint8Array
  readonly merkleRoot: Uint8Array
  readonly count: number
  readonly notAfterMs: number
}

/** The wire number of the kind. */
export const BIRTH_BATCH_KIND = 52

const fields = tuple(
  ...vendorPrefixShapes(BIRTH_BATCH_KIND),
  bytes(32),
  bytes(32),
  uint(BIRTHS_MAX, 1),
  uint()
)

/** Reads the body of a birth-batch. */
export const readBirthBatch: Shape<BirthBatch> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, vendorId, vendorSequence, signers, classId, merkleRoot, count, notAfterMs] = read
  return {
    kind: 'birth-batch',
    vendorId,
    vendorSequence,
    signers,
    classId,
    merkleRoot,
    count,
    notAfterMs
  }
}

/** The body of a birth-batch, ready to be signed. */
export function encodeBirthBatch(act: Omit<BirthBatch, 'kind'>): Uint8Array {
  return encodeCbor([
    BIRTH_BATCH_KIND,
    act.vendorId,
    act.vendorSequence,
    act.signers,
    act.classId,
    act.merkleRoot,
    act.count,
    act.notAfterMs
  ])
}
