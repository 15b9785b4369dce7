/**
 * key-misuse: a message signed by a key whose turn was over.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, bytesBetween, nullable, type Shape, tuple, uint } from '../codec/shape.ts'
import { MESSAGE_BODY_MAX_BYTES } from './device-fork.ts'
import { type Inclusion, inclusionToFields, readInclusion } from './inclusion.ts'

/** A key-misuse, field by field. */
export interface KeyMisuse {
  readonly kind: 'key-misuse'
  /** The signed body of the last message that the key was to sign. */
  readonly last: Uint8Array
  readonly inclusion: Inclusion | null
  /** The signed body of one that it signed afterwards. */
  readonly stray: Uint8Array
  readonly straySignature: Uint8Array
}

/** The wire number of the kind. */
export const KEY_MISUSE_KIND = 41

const body = bytesBetween(1, MESSAGE_BODY_MAX_BYTES)
const fields = tuple(
  uint(KEY_MISUSE_KIND, KEY_MISUSE_KIND),
  body,
  nullable(readInclusion),
  body,
  bytes(64)
)

/** Reads the body of a key-misuse. */
export const readKeyMisuse: Shape<KeyMisuse> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, last, inclusion, stray, straySignature] = read
  return { kind: 'key-misuse', last, inclusion, stray, straySignature }
}

/** The body of a key-misuse; it carries no signature of its own. */
export function encodeKeyMisuse(act: Omit<KeyMisuse, 'kind'>): Uint8Array {
  const { last, inclusion, stray, straySignature } = act
  return encodeCbor([KEY_MISUSE_KIND, last, inclusionToFields(inclusion), stray, straySignature])
}
