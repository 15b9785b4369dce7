/**
 * The owner's acts that say nothing but what they are: an offer is withdrawn, a device is lost or
 * found, a recovery by guardians is cancelled.
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

/** The wire numbers by name. */
export const PLAIN_OWNER_KINDS: {
  readonly 'transfer-cancel': 15
  readonly lost: 16
  readonly found: 17
  readonly 'recovery-cancel': 23
} = { 'transfer-cancel': 15, lost: 16, found: 17, 'recovery-cancel': 23 }

/** The name of one of these acts. */
export type PlainOwnerKind = keyof typeof PLAIN_OWNER_KINDS

/** Ends the open offer. */
export interface TransferCancel extends OwnerPrefix {
  readonly kind: 'transfer-cancel'
}

/** The device is out of its owner's hands: it is not heard until it is found. */
export interface Lost extends OwnerPrefix {
  readonly kind: 'lost'
}

/** The device is back. */
export interface Found extends OwnerPrefix {
  readonly kind: 'found'
}

/** The owner is there after all: guardians do not replace its key. */
export interface RecoveryCancel extends OwnerPrefix {
  readonly kind: 'recovery-cancel'
}

/** Reads the body of one of these acts. */
export function readPlainOwnerAct<Kind extends PlainOwnerKind>(
  kind: Kind
): Shape<OwnerPrefix & { readonly kind: Kind }> {
  const fields = tuple(...ownerPrefixShapes(PLAIN_OWNER_KINDS[kind]))
  return (value) => {
    const read = fields(value)
    return read && { kind, ...ownerPrefixOf(read) }
  }
}

/** The body of one of these acts, ready to be signed. */
export function encodePlainOwnerAct(kind: PlainOwnerKind, act: OwnerPrefix): Uint8Array {
  return encodeCbor(ownerPrefixToFields(PLAIN_OWNER_KINDS[kind], act))
}
