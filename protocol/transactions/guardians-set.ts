/**
 * guardians-set: an owner names guardians, or others, or none any more.
 *
 * @see SPEC.md §5.7 The acts
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { nullable, type Shape, tuple } from '../codec/shape.ts'
import { type Guardians, guardiansToFields, readGuardians } from './guardians.ts'
import {
  type OwnerPrefix,
  ownerPrefixOf,
  ownerPrefixShapes,
  ownerPrefixToFields
} from './owner-act.ts'

/** A guardians-set, field by field. */
export interface GuardiansSet extends OwnerPrefix {
  readonly kind: 'guardians-set'
  readonly guardians: Guardians | null
}

/** The wire number of the kind. */
export const GUARDIANS_SET_KIND = 13

const fields = tuple(...ownerPrefixShapes(GUARDIANS_SET_KIND), nullable(readGuardians))

/** Reads the body of a guardians-set. */
export const readGuardiansSet: Shape<GuardiansSet> = (value) => {
  const read = fields(value)
  return read && { kind: 'guardians-set', ...ownerPrefixOf(read), guardians: read[5] }
}

/** The body of a guardians-set, ready to be signed. */
export function encodeGuardiansSet(act: Omit<GuardiansSet, 'kind'>): Uint8Array {
  return encodeCbor([
    ...ownerPrefixToFields(GUARDIANS_SET_KIND, act),
    guardiansToFields(act.guardians)
  ])
}
