/**
 * vendor-set: a maker shows its keys, for the first time or as committed the last time.
 *
 * @see SPEC.md §5.2 Makers
 * @module
 */

import { encodeCbor } from '../codec/cbor.ts'
import { bytes, key, list, type Shape, tuple, uint } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'
import { toHex } from '../foundation/bytes.ts'
import { VENDOR_KEYS_MAX, type VendorPrefix, vendorPrefixShapes } from './vendor-act.ts'

/** A vendor-set, field by field. */
export interface VendorSet extends VendorPrefix {
  readonly kind: 'vendor-set'
  readonly keys: readonly Uint8Array[]
  readonly threshold: number
  readonly nextKeysHash: Uint8Array
  readonly infoHash: Uint8Array
}

/** The wire number of the kind. */
export const VENDOR_SET_KIND = 50

const fields = tuple(
  ...vendorPrefixShapes(VENDOR_SET_KIND),
  list(key, VENDOR_KEYS_MAX, 1),
  uint(VENDOR_KEYS_MAX, 1),
  bytes(32),
  bytes(32)
)

/** Reads the body of a vendor-set: its signers are keys of its own list, at least the threshold. */
export const readVendorSet: Shape<VendorSet> = (value) => {
  const read = fields(value)
  if (read === undefined) return undefined
  const [, vendorId, vendorSequence, signers, keys, threshold, nextKeysHash, infoHash] = read
  if (threshold > keys.length || signers.length < threshold) return undefined
  if (signers.some((index) => index >= keys.length)) return undefined
  // One key that counts twice would be a threshold of one.
  if (new Set(keys.map(toHex)).size !== keys.length) return undefined
  return {
    kind: 'vendor-set',
    vendorId,
    vendorSequence,
    signers,
    keys,
    threshold,
    nextKeysHash,
    infoHash
  }
}

/** The body of a vendor-set, ready to be signed. */
export function encodeVendorSet(act: Omit<VendorSet, 'kind'>): Uint8Array {
  return encodeCbor([
    VENDOR_SET_KIND,
    act.vendorId,
    act.vendorSequence,
    act.signers,
    act.keys,
    act.threshold,
    act.nextKeysHash,
    act.infoHash
  ])
}

const hashVendor = createTaggedHash('tm/vendor/1')
const hashVendorKeys = createTaggedHash('tm/vendor-keys/1')

/** The id of the vendor that starts with these keys. */
export function vendorIdOf(keys: readonly Uint8Array[], threshold: number): Uint8Array {
  return hashVendor(encodeCbor([keys, threshold]))
}

/** The commitment to the keys that a vendor will show next. */
export function vendorKeysHash(keys: readonly Uint8Array[], threshold: number): Uint8Array {
  return hashVendorKeys(encodeCbor([keys, threshold]))
}
