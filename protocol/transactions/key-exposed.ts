/**
 * key-exposed: whoever holds a rotation key of a device shows it, so that it counts no more.
 *
 * @see SPEC.md §5.10 Evidence about devices
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, key, type Shape, tuple, uint } from '../codec/shape.ts'
import { ROTATION_KEYS_MAX } from './rekeying.ts'

/** A key-exposed, field by field. */
export interface KeyExposed {
  readonly kind: 'key-exposed'
  readonly deviceId: Uint8Array
  readonly incarnation: number
  /** Its place among the rotation keys. */
  readonly index: number
  readonly key: Uint8Array
}

/** The wire number of the kind. */
export const KEY_EXPOSED_KIND = 44

const fields = tuple(
  uint(KEY_EXPOSED_KIND, KEY_EXPOSED_KIND),
  bytes(32),
  uint(),
  uint(ROTATION_KEYS_MAX - 1),
  key
)

/** Reads the body of a key-exposed. */
export const readKeyExposed: Shape<KeyExposed> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, deviceId, incarnation, index, exposed] = read
  return { kind: 'key-exposed', deviceId, incarnation, index, key: exposed }
}

/** The body of a key-exposed, ready to be signed by that key. */
export function encodeKeyExposed(act: Omit<KeyExposed, 'kind'>): Uint8Array {
  return encodeCbor([KEY_EXPOSED_KIND, act.deviceId, act.incarnation, act.index, act.key])
}
