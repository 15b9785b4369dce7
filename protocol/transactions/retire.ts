/**
 * retire: a device ends for good. What cannot be undone needs more than the wallet.
 *
 * @see SPEC.md §5.7 The acts
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
import { type RevealedKey, readRevealedKeys, revealedKeysToFields } from './rekeying.ts'

/** A retire, field by field. */
export interface Retire extends OwnerPrefix {
  readonly kind: 'retire'
  readonly revealed: readonly RevealedKey[]
}

/** The wire number of the kind. */
export const RETIRE_KIND = 21

const fields = tuple(...ownerPrefixShapes(RETIRE_KIND), readRevealedKeys)

/** Reads the body of a retire. */
export const readRetire: Shape<Retire> = (value) => {
  const read = fields(value)
  return read && { kind: 'retire', ...ownerPrefixOf(read), revealed: read[5] }
}

/** The body of a retire, ready to be signed. */
export function encodeRetire(act: Omit<Retire, 'kind'>): Uint8Array {
  return encodeCbor([...ownerPrefixToFields(RETIRE_KIND, act), revealedKeysToFields(act.revealed)])
}
