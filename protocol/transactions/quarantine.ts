/**
 * quarantine: an owner stops a device for a time, or lets it go on.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** An owner's quarantine, field by field. */
export interface OwnerQuarantine extends OwnerPrefix {
  readonly kind: 'quarantine'
  /** When it ends by itself; 0 lifts it. */
  readonly untilMs: number
}

/** The wire number of the kind. */
export const QUARANTINE_KIND = 18

const fields = tuple(...ownerPrefixShapes(QUARANTINE_KIND), uint())

/** Reads the body of a quarantine. */
export const readQuarantine: Shape<OwnerQuarantine> = (value) => {
  const read = fields(value)
  return read && { kind: 'quarantine', ...ownerPrefixOf(read), untilMs: read[5] }
}

/** The body of a quarantine, ready to be signed. */
export function encodeQuarantine(act: Omit<OwnerQuarantine, 'kind'>): Uint8Array {
  return encodeCbor([...ownerPrefixToFields(QUARANTINE_KIND, act), act.untilMs])
}
