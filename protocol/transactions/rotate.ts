/**
 * rotate: all keys of a device are replaced, and a new incarnation begins.
 *
 * @see SPEC.md §5.8 Re-keying
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { type Shape, tuple } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'
import { type Rekeying, rekeyingOf, rekeyingShapes, rekeyingToFields } from './rekeying.ts'

/** A rotate, field by field. */
export interface Rotate extends OwnerPrefix, Rekeying {
  readonly kind: 'rotate'
}

/** The wire number of the kind. */
export const ROTATE_KIND = 19

const fields = tuple(...ownerPrefixShapes(ROTATE_KIND), ...rekeyingShapes)

/** Reads the body of a rotate. */
export const readRotate: Shape<Rotate> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, , , , , ...part] = read
  return { kind: 'rotate', ...ownerPrefixOf(read), ...rekeyingOf(part) }
}

/** The body of a rotate, ready to be signed. */
export function encodeRotate(act: Omit<Rotate, 'kind'>): Uint8Array {
  return encodeCbor([...ownerPrefixToFields(ROTATE_KIND, act), ...rekeyingToFields(act)])
}
