/**
 * Inception: what a device was born with; its hash is the device's id.
 *
 * @see SPEC.md §5.1 claim
 * @module
 */

import { type CborValue, decodeCbor, encodeCbor } from '../codec/cbor.ts'
import { bytes, key, tuple, uint } from '../codec/shape.ts'
import { createTaggedHash } from '../crypto/hash.ts'

/** The keys and class that a maker gives a device. */
export interface Inception {
  readonly classId: Uint8Array
  readonly classVersion: number
  readonly signingKeyHash: Uint8Array
  readonly deviceRotationKeyHash: Uint8Array
  /** X25519 public key, 32 bytes. */
  readonly encryptionKey: Uint8Array
  readonly attestationKey: Uint8Array
  readonly boxKeyHash: Uint8Array
  readonly salt: Uint8Array
}

const fields = tuple(bytes(32), uint(), bytes(32), bytes(32), bytes(32), key, bytes(32), bytes(16))

const hashDevice = createTaggedHash('tm/device/1')

/** The bytes that a box carries and that the device id is the hash of. */
export function encodeInception(inception: Inception): Uint8Array {
  const value: CborValue = [
    inception.classId,
    inception.classVersion,
    inception.signingKeyHash,
    inception.deviceRotationKeyHash,
    inception.encryptionKey,
    inception.attestationKey,
    inception.boxKeyHash,
    inception.salt
  ]
  return encodeCbor(value)
}

/** Reads an inception; undefined when the bytes are no canonical one. */
export function decodeInception(encoded: Uint8Array): Inception | undefined {
  const read = fields(decodeCbor(encoded))
  if (read === undefined) return undefined
  const [classId, classVersion, signingKeyHash, deviceRotationKeyHash] = read
  const [, , , , encryptionKey, attestationKey, boxKeyHash, salt] = read
  return {
    classId,
    classVersion,
    signingKeyHash,
    deviceRotationKeyHash,
    encryptionKey,
    attestationKey,
    boxKeyHash,
    salt
  }
}

/** The id of the device that was born with these bytes. */
export function deviceIdOf(encodedInception: Uint8Array): Uint8Array {
  return hashDevice(encodedInception)
}
