/**
 * remediate: an owner orders a device to show that it is clean before it is heard again.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** A remediate, field by field. */
export interface Remediate extends OwnerPrefix {
  readonly kind: 'remediate'
  /** What it must run; null for anything. */
  readonly releaseId: Uint8Array | null
  readonly deadlineMs: number
}

/** The wire number of the kind. */
export const REMEDIATE_KIND = 24

const fields = tuple(...ownerPrefixShapes(REMEDIATE_KIND), nullable(bytes(32)), uint())

/** Reads the body of a remediate. */
export const readRemediate: Shape<Remediate> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  return { kind: 'remediate', ...ownerPrefixOf(read), releaseId: read[5], deadlineMs: read[6] }
}

/** The body of a remediate, ready to be signed. */
export function encodeRemediate(act: Omit<Remediate, 'kind'>): Uint8Array {
  return encodeCbor([...ownerPrefixToFields(REMEDIATE_KIND, act), act.releaseId, act.deadlineMs])
}
