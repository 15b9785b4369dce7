/**
 * Keys of a device: fresh ones from randomness, and what is made public of them.
 *
 * @module
 */

import { x25519 } from '@noble/curves/ed25519.js'
import { createPrivateKey, type PrivateKey } from '../protocol/index.ts'
import type { RandomBytes } from './random.ts'

/** The private keys that a device is born with. They never leave it. */
export interface DeviceSecrets {
  /** Signs the first message. */
  readonly signingKey: PrivateKey
  /** One of the rotation keys of its owner's record. */
  readonly rotationKey: PrivateKey
  /** Signs presence, on a button press only. */
  readonly attestationKey: PrivateKey
  /** X25519: opens what is sealed to the device. */
  readonly encryptionSecret: Uint8Array
}

/** A fresh private key. */
export function drawPrivateKey(
  algorithm: PrivateKey['algorithm'],
  randomBytes: RandomBytes
): PrivateKey {
  for (;;) {
    const key = createPrivateKey(algorithm, randomBytes(32))
    if (key !== undefined) return key
  }
}

/** All the keys of a new device; its encryption key is always X25519. */
export function drawDeviceSecrets(
  algorithm: PrivateKey['algorithm'],
  randomBytes: RandomBytes
): DeviceSecrets {
  return {
    signingKey: drawPrivateKey(algorithm, randomBytes),
    rotationKey: drawPrivateKey(algorithm, randomBytes),
    attestationKey: drawPrivateKey(algorithm, randomBytes),
    encryptionSecret: randomBytes(32)
  }
}

/** The X25519 public key of a 32-byte secret (RFC 7748). */
export function encryptionKeyOf(encryptionSecret: Uint8Array): Uint8Array {
  return x25519.getPublicKey(encryptionSecret)
}
